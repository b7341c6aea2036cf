//! `wayfare dev-cert`: a certificate for this machine, for SDKs that insist on https.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use wayfare_app::clock::Clock as _;
use wayfare_model::time::Moment;

use super::say;
use crate::clock::SystemClock;

/// What every such certificate is for.
const HOST: &str = "wayfare.localhost";
/// Days it is good for: what the strictest systems accept of an authority they were told to trust.
const DAYS: i64 = 825;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

const AUTHORITY: &str = "authority.pem";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Make a certificate for this machine, and an authority that vouches for it, so that SDKs which
/// insist on https work against `wayfare serve`
#[derive(Args)]
pub(crate) struct Arguments {
    /// A further host name or address the certificate is for; repeat it for more
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,

    /// The directory to write to
    #[arg(long, value_name = "DIR", default_value = "./wayfare-certificate")]
    to: PathBuf,
}

/// What is written.
struct Made {
    authority: String,
    certificate: String,
    key: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let made = make(&arguments.hosts, SystemClock.now())?;
    let to = &arguments.to;
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for name in [AUTHORITY, CERTIFICATE, KEY] {
        let path = to.join(name);
        ensure!(
            !path.exists(),
            "{} is there already; remove it, or name another directory with --to DIR",
            path.display()
        );
    }
    write(&to.join(AUTHORITY), &made.authority, 0o644)?;
    write(&to.join(CERTIFICATE), &made.certificate, 0o644)?;
    write(&to.join(KEY), &made.key, 0o600)?;
    explain(to);
    Ok(())
}

/// Names in the certificate: each host, all names below it, and the two that SDKs make of it.
fn names(hosts: &[String]) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    for host in std::iter::once(HOST).chain(hosts.iter().map(String::as_str)) {
        let is_address = host.parse::<IpAddr>().is_ok();
        let made = ["", "*.", "api.", "login."];
        let made = if is_address { &made[..1] } else { &made[..] };
        names.extend(made.iter().map(|front| format!("{front}{host}")));
    }
    names
}

fn make(hosts: &[String], now: Moment) -> anyhow::Result<Made> {
    let mut authority = params("Wayfare development authority", now)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // The authority's key is written nowhere: once its only certificate is made, nobody can make
    // another, so that trusting it is trusting this one.
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut leaf = params(HOST, now)?;
    for name in names(hosts) {
        let subject = match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => {
                let name = name.as_str().try_into();
                SanType::DnsName(name.context("a host is not a DNS name")?)
            }
        };
        leaf.subject_alt_names.push(subject);
    }
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    leaf.subject_alt_names.extend(loopback.map(SanType::IpAddress));
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(Made {
        authority: authority_certificate.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn params(name: &str, now: Moment) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    let (year, month, day) = date(now.plus_ms(-DAY_MS))?;
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = date(now.plus_ms((DAYS - 1) * DAY_MS))?;
    params.not_after = date_time_ymd(year, month, day);
    Ok(params)
}

/// Year, month and day in UTC.
fn date(moment: Moment) -> anyhow::Result<(i32, u8, u8)> {
    let text = moment.to_string();
    let mut parts = text.split(['-', 'T']);
    let mut part = || parts.next().context("the clock is out of range");
    Ok((part()?.parse()?, part()?.parse()?, part()?.parse()?))
}

fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn explain(to: &Path) {
    let path = |name| to.join(name).display().to_string();
    let authority = path(AUTHORITY);
    say(&format!("Made a certificate for {HOST}, api.{HOST}, login.{HOST} and 127.0.0.1."));
    say("");
    say("Serve with it:");
    say(&format!(
        "  wayfare serve --listen 127.0.0.1:8443 --tls-certificate {} --tls-key {}",
        path(CERTIFICATE),
        path(KEY)
    ));
    say("");
    say(&format!("Trust it, and give SDKs the environment {HOST}:8443:"));
    say(&format!("  Node.js         NODE_EXTRA_CA_CERTS={authority}"));
    say(&format!(
        "  Python          SSL_CERT_FILE={authority}   (SDKs: configuration.ssl_ca_cert)"
    ));
    say(&format!("  curl            curl --cacert {authority}"));
    say(&format!(
        "  Chrome (Linux)  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n wayfare -i {authority}"
    ));
    say("");
    say(
        "Browsers find names below localhost by themselves. For other programs, add to /etc/hosts:",
    );
    say(&format!("  127.0.0.1  {HOST} api.{HOST} login.{HOST}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_for_what_sdks_ask() {
        let own = ["box.lan".to_owned(), "192.0.2.7".to_owned()];
        let expected = [
            "localhost",
            "wayfare.localhost",
            "*.wayfare.localhost",
            "api.wayfare.localhost",
            "login.wayfare.localhost",
            "box.lan",
            "*.box.lan",
            "api.box.lan",
            "login.box.lan",
            "192.0.2.7",
        ];
        assert_eq!(names(&own), expected);
    }

    #[test]
    fn the_date_is_that_of_the_clock() {
        let moment = Moment::parse("2026-03-01T00:30:00Z").unwrap();
        assert_eq!(date(moment).unwrap(), (2026, 3, 1));
        assert_eq!(date(moment.plus_ms(-DAY_MS)).unwrap(), (2026, 2, 28));
    }

    #[test]
    fn keys_are_for_their_owner_only_and_nothing_is_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let arguments = Arguments { hosts: Vec::new(), to: directory.path().join("new") };
        run(&arguments).unwrap();
        let key = arguments.to.join(KEY);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let before = std::fs::read_to_string(&key).unwrap();
        assert!(before.contains("PRIVATE KEY"));
        let authority = std::fs::read_to_string(arguments.to.join(AUTHORITY)).unwrap();
        assert!(!authority.contains("PRIVATE"));
        let refused = run(&arguments).unwrap_err().to_string();
        assert!(refused.contains("is there already"), "{refused}");
        assert_eq!(std::fs::read_to_string(&key).unwrap(), before);
    }

    #[test]
    fn a_host_that_is_no_name_is_refused() {
        let hosts = ["bücher.test".to_owned()];
        assert!(make(&hosts, Moment::from_ms(0)).is_err());
    }
}
