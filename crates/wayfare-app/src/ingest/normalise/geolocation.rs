//! Where an address is, and whose it is, from databases in the MaxMind format.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{MaxMindDbError, Reader, geoip2};
use wayfare_model::visit::Geolocation;

/// A geolocation database that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GeolocationError {
    /// The file is missing, unreadable or damaged.
    #[error("cannot open geolocation database {path:?}: {source}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: MaxMindDbError,
    },
    /// The file is a good database of another kind.
    #[error("geolocation database {path:?} is of type {found:?}, expected {expected}")]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The type that the file states.
        found: String,
        /// The types that would do.
        expected: &'static str,
    },
}

/// What kind of database a file must be.
struct Kind {
    /// One of these stands in the database's type (`GeoIP2-City`, `DBIP-City-Lite`).
    words: &'static [&'static str],
    expected: &'static str,
}

const PLACES: Kind =
    Kind { words: &["City", "Country", "Enterprise"], expected: "City, Country or Enterprise" };
const ORGANIZATIONS: Kind = Kind { words: &["ISP", "ASN"], expected: "ISP or ASN" };

/// The configured databases, held in memory as they are on disk (the free city database has about
/// 60 MB, the country database 10 MB).
#[derive(Default)]
pub struct GeolocationSource {
    places: Option<Reader<Vec<u8>>>,
    organizations: Option<Reader<Vec<u8>>>,
}

impl GeolocationSource {
    /// Opens a city, country or enterprise database for places and an ISP or ASN database for
    /// organisations. Either may be left out; then the answers it would give are `None`.
    ///
    /// # Errors
    /// When a file cannot be read, is damaged, or is a database of another type.
    pub fn open(
        places: Option<&Path>,
        organizations: Option<&Path>,
    ) -> Result<Self, GeolocationError> {
        Ok(Self {
            places: places.map(|path| open(path, &PLACES)).transpose()?,
            organizations: organizations.map(|path| open(path, &ORGANIZATIONS)).transpose()?,
        })
    }

    /// The place of an address, names in English. `None` when `ip` is no address or the database
    /// does not know it.
    #[must_use]
    pub fn place(&self, ip: &str) -> Option<Geolocation> {
        let reader = self.places.as_ref()?;
        let found: geoip2::City<'_> = reader.lookup(address(ip)?).ok()?.decode().ok()??;
        let region = found.subdivisions.first();
        let place = Geolocation {
            country: found.country.iso_code.map(str::to_owned),
            country_name: found.country.names.english.map(str::to_owned),
            latitude: found.location.latitude,
            longitude: found.location.longitude,
            locality: found.city.names.english.map(str::to_owned),
            postal_code: found.postal.code.map(str::to_owned),
            region: region.and_then(|region| region.iso_code).map(str::to_owned),
            region_name: region.and_then(|region| region.names.english).map(str::to_owned),
            source: None,
            timezone: found.location.time_zone.map(str::to_owned),
        };
        let source = Some(reader.metadata().database_type.clone());
        (place != Geolocation::default()).then_some(Geolocation { source, ..place })
    }

    /// The organisation that uses an address; failing that its internet provider; failing that the
    /// holder of its autonomous system. `None` when `ip` is no address or nothing is known.
    #[must_use]
    pub fn organization(&self, ip: &str) -> Option<String> {
        let reader = self.organizations.as_ref()?;
        let found: geoip2::Isp<'_> = reader.lookup(address(ip)?).ok()?.decode().ok()??;
        found.organization.or(found.isp).or(found.autonomous_system_organization).map(str::to_owned)
    }
}

fn open(path: &Path, kind: &Kind) -> Result<Reader<Vec<u8>>, GeolocationError> {
    let reader = Reader::open_readfile(path)
        .map_err(|source| GeolocationError::Unusable { path: path.to_owned(), source })?;
    let found = &reader.metadata().database_type;
    if !kind.words.iter().any(|word| found.contains(word)) {
        return Err(GeolocationError::WrongType {
            path: path.to_owned(),
            found: found.clone(),
            expected: kind.expected,
        });
    }
    Ok(reader)
}

/// An IPv4 or IPv6 address; an IPv4 address in the form of an IPv6 one (`::ffff:192.0.2.1`) is
/// looked up as what it is.
fn address(ip: &str) -> Option<IpAddr> {
    Some(ip.trim().parse::<IpAddr>().ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_database(name: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "../../testdata/geolocation", name].iter().collect()
    }

    fn source(places: &str, organizations: &str) -> GeolocationSource {
        GeolocationSource::open(Some(&test_database(places)), Some(&test_database(organizations)))
            .unwrap()
    }

    /// Everything the databases say about an address.
    fn check(source: &GeolocationSource, ip: &str, expected: &str) {
        let mut seen = match source.place(ip) {
            None => "nowhere".to_owned(),
            Some(place) => {
                let number = |value: Option<f64>| value.map(|value| value.to_string());
                [
                    place.country,
                    place.country_name,
                    place.region,
                    place.region_name,
                    place.locality,
                    place.postal_code,
                    number(place.latitude),
                    number(place.longitude),
                    place.timezone,
                    place.source,
                ]
                .map(|field| field.unwrap_or_else(|| "-".to_owned()))
                .join("|")
            }
        };
        if let Some(organization) = source.organization(ip) {
            seen = format!("{seen} of {organization}");
        }
        assert_eq!(seen, expected, "{ip}");
    }

    #[test]
    fn cities_and_providers() {
        let source = source("GeoIP2-City-Test.mmdb", "GeoIP2-ISP-Test.mmdb");
        for (ip, expected) in [
            (
                "81.2.69.142",
                "GB|United Kingdom|ENG|England|London|-|51.5142|-0.0931|Europe/London|GeoIP2-City",
            ),
            (
                "::ffff:81.2.69.142",
                "GB|United Kingdom|ENG|England|London|-|51.5142|-0.0931|Europe/London|GeoIP2-City",
            ),
            (
                " 81.2.69.142 ",
                "GB|United Kingdom|ENG|England|London|-|51.5142|-0.0931|Europe/London|GeoIP2-City",
            ),
            (
                "89.160.20.128",
                "SE|Sweden|E|Östergötland County|Linköping|-|58.4167|15.6167|Europe/Stockholm|GeoIP2-City of Bredband2 AB",
            ),
            (
                "216.160.83.56",
                "US|United States|WA|Washington|Milton|98354|47.2513|-122.3149|America/Los_Angeles|GeoIP2-City of Lariat Software",
            ),
            (
                "2.125.160.216",
                "GB|United Kingdom|ENG|England|Boxford|OX1|51.75|-1.25|Europe/London|GeoIP2-City",
            ),
            ("2001:218::1", "JP|Japan|-|-|-|-|35.68536|139.75309|Asia/Tokyo|GeoIP2-City"),
            ("1.128.0.0", "nowhere of Telstra Internet"),
            ("127.0.0.1", "nowhere"),
            ("", "nowhere"),
            ("unknown", "nowhere"),
            ("81.2.69", "nowhere"),
            ("81.2.69.142:443", "nowhere"),
        ] {
            check(&source, ip, expected);
        }
    }

    #[test]
    fn countries_and_systems() {
        let source = source("GeoIP2-Country-Test.mmdb", "GeoLite2-ASN-Test.mmdb");
        for (ip, expected) in [
            ("81.2.69.142", "GB|United Kingdom|-|-|-|-|-|-|-|GeoIP2-Country"),
            ("1.128.0.0", "nowhere of Telstra Pty Ltd"),
            ("216.160.83.56", "US|United States|-|-|-|-|-|-|-|GeoIP2-Country"),
            ("127.0.0.1", "nowhere"),
        ] {
            check(&source, ip, expected);
        }
    }

    #[test]
    fn nothing_configured() {
        check(&GeolocationSource::open(None, None).unwrap(), "81.2.69.142", "nowhere");
    }

    #[test]
    fn a_bad_file_is_named() {
        let refused = |places: Option<&str>, organizations: Option<&str>, expected: &str| {
            let places = places.map(test_database);
            let organizations = organizations.map(test_database);
            let opened = GeolocationSource::open(places.as_deref(), organizations.as_deref());
            let error = opened.err().unwrap().to_string();
            let folder = test_database("");
            assert_eq!(error.replace(&folder.display().to_string(), ""), expected);
        };
        refused(
            Some("missing.mmdb"),
            None,
            "cannot open geolocation database \"missing.mmdb\": i/o error: No such file or directory (os error 2)",
        );
        refused(
            None,
            Some("LICENSE-MIT"),
            "cannot open geolocation database \"LICENSE-MIT\": invalid database: could not find MaxMind DB metadata in file",
        );
        refused(
            Some("GeoIP2-ISP-Test.mmdb"),
            None,
            "geolocation database \"GeoIP2-ISP-Test.mmdb\" is of type \"GeoIP2-ISP\", expected City, Country or Enterprise",
        );
        refused(
            None,
            Some("GeoIP2-City-Test.mmdb"),
            "geolocation database \"GeoIP2-City-Test.mmdb\" is of type \"GeoIP2-City\", expected ISP or ASN",
        );
    }
}
