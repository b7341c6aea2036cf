//! The kind of device a user agent speaks of. The public patterns name models, not kinds, so these
//! rules are ours.

use wayfare_model::visit::DeviceCategory;
use wayfare_model::visit::DeviceCategory::{Desktop, Mobile, Other, Tablet};

/// What has to stand in a user agent (in lower case), what must not, and what it is then.
struct Rule {
    all: &'static [&'static str],
    none: &'static [&'static str],
    category: DeviceCategory,
}

const fn rule(category: DeviceCategory, all: &'static [&'static str]) -> Rule {
    Rule { all, none: &[], category }
}

const fn unless(
    category: DeviceCategory,
    all: &'static [&'static str],
    none: &'static [&'static str],
) -> Rule {
    Rule { all, none, category }
}

/// The first rule that holds decides.
///
/// A program that says it is a telephone (a crawler that reads the mobile pages) counts as one: it
/// is served as one. Programs that claim no device are [`Other`].
const RULES: &[Rule] = &[
    // Televisions, boxes, consoles, watches and headsets also name the system they run on.
    rule(Other, &["smart-tv"]),
    rule(Other, &["smarttv"]),
    rule(Other, &["appletv"]),
    rule(Other, &["apple tv"]),
    rule(Other, &["googletv"]),
    rule(Other, &["google tv"]),
    rule(Other, &["android tv"]),
    rule(Other, &["hbbtv"]),
    rule(Other, &["crkey"]),
    rule(Other, &["roku/"]),
    rule(Other, &["web0s"]),
    rule(Other, &["bravia"]),
    rule(Other, &["android", "; aft"]),
    rule(Other, &["playstation"]),
    unless(Other, &["xbox"], &["windows phone"]),
    rule(Other, &["nintendo"]),
    rule(Other, &["watch os"]),
    rule(Other, &["oculusbrowser"]),
    // Tablets. `Tablet PC` is a component of Windows on any computer.
    rule(Tablet, &["ipad"]),
    unless(Tablet, &["tablet"], &["tablet pc"]),
    // Windows RT, which ran on tablets only.
    rule(Tablet, &["windows nt", "; arm;"]),
    rule(Tablet, &["playbook"]),
    rule(Tablet, &["touchpad"]),
    rule(Tablet, &["kindle"]),
    unless(Tablet, &["silk/"], &["mobile"]),
    rule(Tablet, &["android", "sm-t"]),
    rule(Tablet, &["android", "sm-x"]),
    rule(Tablet, &["android", "gt-p"]),
    // Telephones and players.
    rule(Mobile, &["iphone"]),
    rule(Mobile, &["ipod"]),
    rule(Mobile, &["windows phone"]),
    rule(Mobile, &["iemobile"]),
    rule(Mobile, &["windows ce"]),
    rule(Mobile, &["blackberry"]),
    rule(Mobile, &["bb10"]),
    rule(Mobile, &["opera mini"]),
    rule(Mobile, &["opera mobi"]),
    rule(Mobile, &["symbian"]),
    rule(Mobile, &["nokia"]),
    rule(Mobile, &["midp"]),
    rule(Mobile, &["docomo"]),
    rule(Mobile, &["up.browser"]),
    rule(Mobile, &["wap browser"]),
    rule(Mobile, &["maui"]),
    rule(Mobile, &["kaios"]),
    rule(Mobile, &["(mobile; "]),
    rule(Mobile, &["(phone; "]),
    // A browser on Android that does not say `Mobile` is on a tablet, as Google asks of makers;
    // apps never say it.
    rule(Mobile, &["android", "mobi"]),
    rule(Tablet, &["android", "mozilla/"]),
    rule(Tablet, &["android", "opera/"]),
    rule(Mobile, &["android"]),
    // Computers: browsers only, since a program on a server names its system as well.
    rule(Desktop, &["mozilla/", "windows nt"]),
    rule(Desktop, &["mozilla/", "windows 9"]),
    rule(Desktop, &["mozilla/", "win98"]),
    rule(Desktop, &["mozilla/", "macintosh"]),
    rule(Desktop, &["mozilla/", "mac_powerpc"]),
    unless(Desktop, &["mozilla/", "linux"], &["compatible;"]),
    rule(Desktop, &["opera/", "windows"]),
    rule(Desktop, &["opera/", "macintosh"]),
    rule(Desktop, &["x11;"]),
    rule(Desktop, &["(pc; "]),
    rule(Desktop, &["konqueror/"]),
    rule(Desktop, &["links ("]),
    rule(Desktop, &["lynx/"]),
    rule(Desktop, &["w3m/"]),
];

/// The kind of device, from the whole user agent and the system that the patterns see in it. Where
/// no rule holds, an app on iOS is on a telephone (it tells the system by the version of its
/// network library only), and everything else is [`Other`].
pub(super) fn device_category(user_agent: &str, os_family: Option<&str>) -> DeviceCategory {
    let text = user_agent.to_ascii_lowercase();
    let rule = RULES.iter().find(|rule| {
        rule.all.iter().all(|part| text.contains(part))
            && !rule.none.iter().any(|part| text.contains(part))
    });
    match rule {
        Some(rule) => rule.category,
        None if os_family == Some("iOS") => Mobile,
        None => Other,
    }
}
