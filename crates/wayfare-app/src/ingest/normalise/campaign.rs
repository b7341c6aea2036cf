//! The marketing campaign in a page's query.

use url::form_urlencoded;
use wayfare_model::visit::Campaign;

/// A query parameter in which an advertising network hands over its click id.
struct ClickId {
    parameter: &'static str,
    network: &'static str,
    /// Whether the network adds it to paid clicks only. `fbclid` and `epik` stand on unpaid links
    /// too; affiliate networks pay for sales, not for clicks.
    paid: bool,
}

const fn paid(parameter: &'static str, network: &'static str) -> ClickId {
    ClickId { parameter, network, paid: true }
}

const fn unpaid(parameter: &'static str, network: &'static str) -> ClickId {
    ClickId { parameter, network, paid: false }
}

/// The click ids we know, the most telling first. The names of the first three networks are those
/// of Snowplow's campaign attribution, whose fields `mktCampaign.clickId` and `.network` are; the
/// others are the networks' own names. Parameters as the networks document them.
const CLICK_IDS: [ClickId; 18] = [
    paid("gclid", "Google"),
    paid("msclkid", "Microsoft"),
    paid("dclid", "DoubleClick"),
    paid("gbraid", "Google"),
    paid("wbraid", "Google"),
    paid("ttclid", "TikTok"),
    paid("twclid", "X"),
    paid("li_fat_id", "LinkedIn"),
    paid("yclid", "Yandex"),
    paid("ScCid", "Snapchat"),
    paid("rdt_cid", "Reddit"),
    paid("qclid", "Quora"),
    paid("tblci", "Taboola"),
    unpaid("fbclid", "Meta"),
    unpaid("epik", "Pinterest"),
    unpaid("irclickid", "impact.com"),
    unpaid("cjevent", "CJ"),
    unpaid("awc", "Awin"),
];

/// Values of `utm_medium` that mean a paid advertisement, close to the default channels of Google
/// Analytics (search, social, display); so does every value that starts with `paid`.
const PAID_MEDIA: [&str; 9] =
    ["cpc", "ppc", "cpm", "cpv", "cpa", "display", "banner", "retargeting", "remarketing"];

/// The campaign in the query of a page's URL (without its `?`), from the five `utm_` parameters and
/// the click ids of advertising networks. `None` when the query holds none of them.
///
/// Values are decoded (percent and plus) and keep their case. Names are compared in any case. Of a
/// parameter given several times the first value counts that is not blank; of several click ids
/// the one that comes first in our table.
#[must_use]
pub fn campaign(query_string: Option<&str>) -> Option<Campaign> {
    let mut campaign = Campaign::default();
    let mut rank = CLICK_IDS.len();
    for (name, value) in form_urlencoded::parse(query_string?.as_bytes()) {
        if value.trim().is_empty() {
            continue;
        }
        if let Some(field) = field_of(&mut campaign, &name) {
            field.get_or_insert_with(|| value.into_owned());
        } else if let Some(index) =
            CLICK_IDS[..rank].iter().position(|id| id.parameter.eq_ignore_ascii_case(&name))
        {
            rank = index;
            campaign.click_id = Some(value.into_owned());
            campaign.network = Some(CLICK_IDS[index].network.to_owned());
        }
    }
    (campaign != Campaign::default()).then_some(campaign)
}

fn field_of<'a>(campaign: &'a mut Campaign, name: &str) -> Option<&'a mut Option<String>> {
    match name.to_ascii_lowercase().as_str() {
        "utm_source" => Some(&mut campaign.source),
        "utm_medium" => Some(&mut campaign.medium),
        "utm_campaign" => Some(&mut campaign.name),
        "utm_term" => Some(&mut campaign.term),
        "utm_content" => Some(&mut campaign.content),
        _ => None,
    }
}

/// Whether the campaign says that the click was paid for: by the click id of a network that marks
/// paid clicks only, or by its medium.
#[must_use]
pub fn is_paid(campaign: &Campaign) -> bool {
    let by_network = campaign.network.as_deref().is_some_and(|network| {
        CLICK_IDS.iter().any(|id| id.paid && id.network.eq_ignore_ascii_case(network))
    });
    let by_medium = campaign.medium.as_deref().is_some_and(|medium| {
        let medium = medium.trim().to_ascii_lowercase();
        medium.starts_with("paid") || PAID_MEDIA.contains(&medium.as_str())
    });
    by_network || by_medium
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields that are set, in the contract's order, and whether it is paid.
    fn check(query: &str, expected: &str) {
        let seen = match campaign(Some(query)) {
            None => "none".to_owned(),
            Some(found) => {
                let paid = is_paid(&found);
                let fields = [
                    ("source", found.source),
                    ("medium", found.medium),
                    ("name", found.name),
                    ("term", found.term),
                    ("content", found.content),
                    ("click_id", found.click_id),
                    ("network", found.network),
                ];
                let mut seen: Vec<String> = fields
                    .into_iter()
                    .filter_map(|(name, value)| Some(format!("{name}={}", value?)))
                    .collect();
                seen.extend(paid.then(|| "paid".to_owned()));
                seen.join("; ")
            }
        };
        assert_eq!(seen, expected, "{query}");
    }

    #[test]
    fn campaigns() {
        for (query, expected) in [
            ("", "none"),
            ("flav=rss20&page=2", "none"),
            ("utm_source=&utm_medium=+&gclid=", "none"),
            ("utm_source", "none"),
            (
                "utm_source=feedburner&utm_medium=feed&utm_campaign=Feed%3A+semicomplete%2Fmain+%28semicomplete.com%29",
                "source=feedburner; medium=feed; name=Feed: semicomplete/main (semicomplete.com)",
            ),
            (
                "utm_term=running%20shoes&utm_content=logo-link",
                "term=running shoes; content=logo-link",
            ),
            ("utm_source=News-Letter", "source=News-Letter"),
            ("UTM_Source=a&utm_source=b", "source=a"),
            ("utm_source=&utm_source=b", "source=b"),
            ("utm_source=%C3%A9t%E9", "source=ét\u{fffd}"),
            ("gclid=Cj0K_a-B", "click_id=Cj0K_a-B; network=Google; paid"),
            ("wbraid=x&utm_source=google", "source=google; click_id=x; network=Google; paid"),
            ("fbclid=f&gclid=g&msclkid=m", "click_id=g; network=Google; paid"),
            ("fbclid=f&epik=e", "click_id=f; network=Meta"),
            ("sccid=s", "click_id=s; network=Snapchat; paid"),
            ("dclid=d", "click_id=d; network=DoubleClick; paid"),
            ("utm_medium=CPC", "medium=CPC; paid"),
            ("utm_medium=paid_social", "medium=paid_social; paid"),
            ("utm_medium=email", "medium=email"),
            ("utm_medium=organic&fbclid=f", "medium=organic; click_id=f; network=Meta"),
        ] {
            check(query, expected);
        }
        assert_eq!(campaign(None), None);
    }

    #[test]
    fn a_network_is_either_paid_or_not() {
        for id in &CLICK_IDS {
            for other in &CLICK_IDS {
                assert!(id.network != other.network || id.paid == other.paid, "{}", id.network);
            }
            check(
                &format!("{}=value", id.parameter),
                &format!(
                    "click_id=value; network={}{}",
                    id.network,
                    if id.paid { "; paid" } else { "" }
                ),
            );
        }
    }
}
