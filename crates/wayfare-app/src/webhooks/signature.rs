//! Secrets and signatures, as Standard Webhooks has them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::clock::Entropy;

/// Random bytes of a secret (the specification says 24 to 64).
const SECRET_BYTES: usize = 32;
/// What a secret begins with as it is written down.
const PREFIX: &str = "whsec_";

/// A new secret.
pub(crate) fn new_secret(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; SECRET_BYTES];
    entropy.fill(&mut bytes);
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The header `webhook-signature`: one signature for each secret, the newest first.
pub(crate) fn header<'s>(
    secrets: impl IntoIterator<Item = &'s str>,
    id: &str,
    timestamp_s: i64,
    body: &str,
) -> String {
    let sign = |secret: &str| {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret));
        // Of a key of any length there is a code, so that there is one of this one.
        let mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&key.unwrap_or_default()).ok()?;
        let signed = mac.chain_update(format!("{id}.{timestamp_s}.{body}")).finalize();
        Some(format!("v1,{}", STANDARD.encode(signed.into_bytes())))
    };
    secrets.into_iter().filter_map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        // The example of the reference libraries' documentation.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = r#"{"test": 2432232314}"#;
        let signed = header([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs() {
        let both = header(["whsec_YQ==", "whsec_Yg=="], "m", 1, "{}");
        let one = |secret| header([secret], "m", 1, "{}");
        assert_eq!(both, format!("{} {}", one("whsec_YQ=="), one("whsec_Yg==")));
        assert_ne!(one("whsec_YQ=="), one("whsec_Yg=="));
    }
}
