//! People who sign in: `/oauth/authorize`, codes and tokens, users and roles, `/logout`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use wayfare_model::limits::FREE_FAILURES;

use crate::harness::{RawAnswer, Request, SEGMENTS, TestClient, TestServer, Transport as _, text};

const USERS: &str = "/api/wayfare/v1/users";
const ROLES: &str = "/api/wayfare/v1/roles";
const CLIENTS: &str = "/api/wayfare/v1/clients";
const BACK: &str = "https://app.test/back?x=1";
const NAME: &str = "ann@example.com";
const PASSWORD: &str = "correct horse battery";
const VERIFIER: &str = "a-verifier-of-forty-three-characters-at-least.~";
const FORM: &str = "application/x-www-form-urlencoded";

/// A server with a user who may see segments, and a client of browsers.
struct Scene {
    server: TestServer,
    user: String,
    role: String,
    client: String,
    secret: String,
}

impl Scene {
    fn start() -> Self {
        let server = TestServer::start();
        let admin = server.client();
        let body = json!({ "name": "viewer", "permissions": ["journey:segment:view"] });
        let role = text(&admin.post(ROLES, &body).with(201)["id"]).to_owned();
        let body = json!({ "name": NAME, "password": PASSWORD, "roles": [role] });
        let user = text(&admin.post(USERS, &body).with(201)["id"]).to_owned();
        let body = json!({
            "name": "the <app>", "grants": ["code", "token"], "redirectUris": [BACK, "https://app.test/"]
        });
        let made = admin.post(CLIENTS, &body).with(201);
        let (client, secret) = (text(&made["id"]).to_owned(), text(&made["secret"]).to_owned());
        Self { server, user, role, client, secret }
    }

    fn admin(&self) -> TestClient<'_> {
        self.server.client()
    }

    /// The path of an authorization request; what is given comes after what is usual.
    fn authorize(&self, response_type: &str, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &self.client);
        query.append_pair("redirect_uri", BACK);
        query.append_pair("response_type", response_type);
        query.append_pair("state", "a b&c");
        query.extend_pairs(more);
        format!("/oauth/authorize?{}", query.finish())
    }

    fn get(&self, path: &str) -> RawAnswer {
        self.server.send(&Request::new("GET", path)).expect("an answer")
    }

    /// The cookie of the page's form, as a browser sends it back, and the form's hidden field.
    fn page(&self, path: &str) -> (String, String) {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{}", body(&answer));
        let cookie = answer.headers["set-cookie"].split(';').next().expect("a pair").to_owned();
        let html = body(&answer);
        let (_, rest) = html.split_once("name=\"form_token\" value=\"").expect("the field");
        let (token, _) = rest.split_once('"').expect("its end");
        (cookie, token.to_owned())
    }

    fn submit(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> RawAnswer {
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::new("POST", path).header("content-type", FORM).body(form);
        self.server.send(&request.header("cookie", cookie)).expect("an answer")
    }

    fn try_to_sign_in(&self, path: &str, name: &str, password: &str) -> RawAnswer {
        let (cookie, token) = self.page(path);
        let fields = [("form_token", token.as_str()), ("name", name), ("password", password)];
        self.submit(path, &cookie, &fields)
    }

    /// Signs in; gives where the browser is sent and the cookie it keeps.
    fn sign_in(&self, path: &str) -> (Url, String) {
        let answer = self.try_to_sign_in(path, NAME, PASSWORD);
        assert_eq!(answer.status, 303, "{}", body(&answer));
        assert!(answer.body.is_empty());
        let cookie = answer.headers["set-cookie"].split(';').next().expect("a pair").to_owned();
        (Url::parse(&answer.headers["location"]).expect("a URL"), cookie)
    }

    fn implicit_token(&self) -> (String, String) {
        let (place, cookie) = self.sign_in(&self.authorize("token", &[]));
        (pairs(place.fragment().expect("a fragment"))["access_token"].clone(), cookie)
    }

    fn code(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let more = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
        let (place, _) = self.sign_in(&self.authorize("code", &more));
        pairs(place.query().expect("a query"))["code"].clone()
    }

    fn exchange(&self, fields: &[(&str, &str)]) -> crate::harness::Answer {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .extend_pairs(fields)
            .finish();
        let request = Request::new("POST", "/oauth/token").header("content-type", FORM);
        self.server.anonymous().send(request.body(form))
    }

    fn with(&self, token: &str) -> TestClient<'_> {
        self.server.anonymous().with_token(token)
    }
}

fn body(answer: &RawAnswer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

#[test]
fn the_implicit_grant_gives_a_token_with_the_persons_permissions() {
    let scene = Scene::start();
    let (place, _) = scene.sign_in(&scene.authorize("token", &[("org", "x"), ("provider", "y")]));
    assert!(place.as_str().starts_with(&format!("{BACK}#")), "{place}");
    let given = pairs(place.fragment().expect("a fragment"));
    assert_eq!(given["expires_in"], "86400");
    assert_eq!(given["token_type"], "bearer");
    assert_eq!(given["state"], "a b&c");
    let client = scene.with(&given["access_token"]);
    client.get(SEGMENTS).with(200);
    client.post(SEGMENTS, &json!({})).error(403, "missing.any.permissions");
    client.get(USERS).error(403, "missing.any.permissions");
}

#[test]
fn a_code_is_given_for_a_token_once_and_theft_ends_it() {
    let scene = Scene::start();
    let code = scene.code();
    let fields = [
        ("client_id", scene.client.as_str()),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = scene.exchange(&fields).with(200);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(86_400)));
    let client = scene.with(text(&answer["access_token"]));
    client.get(SEGMENTS).with(200);
    scene.exchange(&fields).error(400, "bad.request");
    client.get(SEGMENTS).error(401, "bad.credentials");
}

#[test]
fn a_code_is_good_for_its_client_place_and_verifier_and_for_five_minutes() {
    let scene = Scene::start();
    let admin = scene.admin();
    let made = json!({ "name": "other", "grants": ["code"], "redirectUris": [BACK] });
    let other = admin.post(CLIENTS, &made).with(201);
    let code = scene.code();
    let right = [
        ("client_id", scene.client.as_str()),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let refused = |field: &str, value: Option<&str>, error: &str| {
        let mut fields: Vec<_> = right.into_iter().filter(|(name, _)| *name != field).collect();
        fields.extend(value.map(|value| (field, value)));
        let answer = scene.exchange(&fields);
        assert_eq!(answer.json["error"], error, "{field} {value:?}");
        assert_eq!(answer.json["error_description"], answer.json["message"]);
        assert_eq!(answer.status, if error == "invalid_client" { 401 } else { 400 });
    };
    refused("client_id", Some(text(&other["id"])), "invalid_grant");
    refused("client_id", Some("nobody"), "invalid_grant");
    refused("client_id", None, "invalid_request");
    refused("code", Some("x"), "invalid_grant");
    refused("code", None, "invalid_request");
    refused("redirect_uri", Some("https://app.test/"), "invalid_grant");
    refused("redirect_uri", None, "invalid_request");
    refused("code_verifier", Some(&VERIFIER.replace('a', "b")), "invalid_grant");
    refused("code_verifier", None, "invalid_grant");
    refused("client_secret", Some("wrong"), "invalid_client");
    scene.server.clock.advance_ms(5 * 60_000 - 1);
    scene.exchange(&right).with(200);

    let code = scene.code();
    scene.server.clock.advance_minutes(5);
    let late =
        right.map(|(name, value)| (name, if name == "code" { code.as_str() } else { value }));
    scene.exchange(&late).error(400, "bad.request");
}

#[test]
fn without_pkce_the_clients_secret_is_required() {
    let scene = Scene::start();
    let code = || {
        let (place, _) = scene.sign_in(&scene.authorize("code", &[]));
        pairs(place.query().expect("a query"))["code"].clone()
    };
    let first = code();
    let fields = [("client_id", scene.client.as_str()), ("code", &first), ("redirect_uri", BACK)];
    assert_eq!(scene.exchange(&fields).json["error"], "invalid_grant");
    // A verifier for a code without a challenge would hide that the challenge was taken away.
    let with_verifier = [&fields[..], &[("code_verifier", VERIFIER)]].concat();
    assert_eq!(scene.exchange(&with_verifier).json["error"], "invalid_grant");
    let with_secret = [&fields[..], &[("client_secret", scene.secret.as_str())]].concat();
    let answer = scene.exchange(&with_secret).with(200);
    scene.with(text(&answer["access_token"])).get(SEGMENTS).with(200);
}

#[test]
fn requests_that_cannot_be_granted_go_back_to_the_client_or_to_a_page() {
    let scene = Scene::start();
    let told = |path: &str, code: &str, mark: char| {
        let answer = scene.get(path);
        assert_eq!(answer.status, 303, "{path}");
        let place = &answer.headers["location"];
        assert!(place.starts_with(&format!("{BACK}{mark}error={code}&")), "{place}");
        assert!(place.contains("error_description=") && place.ends_with("&state=a%20b%26c"));
    };
    told(&scene.authorize("id_token", &[]), "unsupported_response_type", '&');
    told(&scene.authorize("code", &[("code_challenge", "x")]), "invalid_request", '&');
    let own = scene.admin().get(CLIENTS).with(200)["entities"][0]["id"].clone();
    let shown = |path: String, part: &str| {
        for method in ["GET", "POST"] {
            let answer = scene.server.send(&Request::new(method, &path)).expect("an answer");
            assert_eq!(answer.status, 400, "{path}");
            assert!(body(&answer).contains(part), "{}", body(&answer));
            assert!(!answer.headers.contains_key("location"));
        }
    };
    let usual = scene.authorize("token", &[]);
    shown(usual.replace("app.test%2Fback", "app.test%2Fbackk"), "check redirect_uri");
    shown(usual.replace("app.test%2Fback", "evil.test%2Fback"), "check redirect_uri");
    shown(usual.replace(&scene.client, text(&own)), "check redirect_uri");
    shown(usual.replace(&scene.client, "nobody"), "check client_id");
    shown("/oauth/authorize".to_owned(), "check client_id");
}

#[test]
fn the_page_is_strict_and_the_form_is_ours() {
    let scene = Scene::start();
    let path = scene.authorize("token", &[("login_hint", "\"><script>")]);
    let answer = scene.get(&path);
    let html = body(&answer);
    assert!(
        html.contains("the &lt;app&gt;") && html.contains("&quot;&gt;&lt;script&gt;"),
        "{html}"
    );
    assert!(!html.contains("<script"), "{html}");
    let policy = &answer.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.contains("form-action 'self' https://app.test;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(answer.headers["cache-control"].contains("no-store"));
    let cookie = &answer.headers["set-cookie"];
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(!answer.headers.contains_key("access-control-allow-origin"));

    let path = scene.authorize("token", &[]);
    let (cookie, token) = scene.page(&path);
    let (other_cookie, _) = scene.page(&path);
    let known = [("name", NAME), ("password", PASSWORD)];
    let check = |cookie: &str, token: Option<&str>, status| {
        let mut fields = known.to_vec();
        fields.extend(token.map(|token| ("form_token", token)));
        assert_eq!(scene.submit(&path, cookie, &fields).status, status, "{cookie} {token:?}");
    };
    check("", Some(&token), 403);
    check(&other_cookie, Some(&token), 403);
    check(&cookie, None, 403);
    check(&cookie, Some(""), 403);
    check("wayfare_form=", Some(""), 403);
    check(&cookie, Some(&token), 303);
    check(&format!("x=1; {cookie}; y=2"), Some(&token), 303);
}

#[test]
fn cookies_are_for_tls_only_when_the_request_came_over_it() {
    let scene = Scene::start();
    let path = scene.authorize("token", &[]);
    for (scheme, expected) in [("https", true), ("http", false)] {
        let request = Request::new("GET", &path).header("x-forwarded-proto", scheme);
        let answer = scene.server.send(&request).expect("an answer");
        assert_eq!(answer.headers["set-cookie"].contains("; Secure"), expected, "{scheme}");
    }
}

#[test]
fn wrong_passwords_and_unknown_names_look_the_same_and_slow_down() {
    let scene = Scene::start();
    let path = scene.authorize("token", &[]);
    let shown = |name: &str, password: &str| {
        let answer = scene.try_to_sign_in(&path, name, password);
        let wait = answer.headers.get("retry-after").cloned().unwrap_or_default();
        let html = body(&answer);
        let start = html.find("<p role=\"alert\"").expect("an error");
        let end = html[start..].find("</p>").expect("its end");
        (answer.status, wait, html[start..start + end].to_owned())
    };
    for attempt in 0..5 {
        let known = shown(NAME, "wrong password");
        assert_eq!(known.0, 401, "attempt {attempt}");
        assert_eq!(shown("nobody@example.com", "wrong password"), known);
    }
    for name in [NAME, "ANN@Example.com", "nobody@example.com"] {
        let (status, wait, text) = shown(name, PASSWORD);
        assert_eq!((status, wait.as_str()), (429, "1"), "{name}");
        assert!(text.contains("again in 1 seconds"), "{text}");
    }
    assert_eq!(shown("another@example.com", "x").0, 401);
    scene.server.clock.advance_ms(1_000);
    assert_eq!(shown(NAME, "wrong password").0, 401);
    assert_eq!(shown(NAME, PASSWORD).1, "2");
    scene.server.clock.advance_ms(2_000);
    assert_eq!(scene.try_to_sign_in(&path, NAME, PASSWORD).status, 303);
    assert_eq!(shown(NAME, "wrong password").0, 401);
    assert_eq!(scene.try_to_sign_in(&path, NAME, PASSWORD).status, 303);
}

#[test]
fn whoever_guesses_a_password_keeps_nobody_else_from_signing_in() {
    let mut scene = Scene::start();
    let path = scene.authorize("code", &[]);
    for _ in 0..FREE_FAILURES {
        assert_eq!(scene.try_to_sign_in(&path, NAME, "guessed").status, 401);
    }
    assert_eq!(scene.try_to_sign_in(&path, NAME, PASSWORD).status, 429);
    scene.server.ask_from([192, 0, 2, 7]);
    assert_eq!(scene.try_to_sign_in(&path, NAME, PASSWORD).status, 303);
    // It has not helped whoever guesses.
    scene.server.ask_from([127, 0, 0, 1]);
    assert_eq!(scene.try_to_sign_in(&path, NAME, PASSWORD).status, 429);
}

#[test]
fn wrong_secrets_of_a_client_slow_down_too() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let id = text(&server.client().get(CLIENTS).with(200)["entities"][0]["id"]).to_owned();
    let admin = server.client();
    for id in [id.as_str(), "a5a5a5a5-0000-4000-8000-00000000abcd", "no-uuid"] {
        for _ in 0..5 {
            anonymous.token_by_basic(id, "wrong").error(401, "bad.credentials");
        }
        let answer = anonymous.token_by_basic(id, "wrong");
        assert_eq!(answer.headers["retry-after"], "1");
        answer.error(429, "too.many.requests.retry.after");
    }
    admin.get(SEGMENTS).with(200);
    server.clock.advance_ms(1_000);
    server.client().get(SEGMENTS).with(200);
}

#[test]
fn the_sdks_learn_about_their_token_and_end_it() {
    let scene = Scene::start();
    let (token, _) = scene.implicit_token();
    let client = scene.with(&token);
    let info = client.get("/api/v2/tokens/me").with(200);
    assert_eq!(info["OAuthClient"]["id"], json!(scene.client));
    assert_eq!(info["organization"]["name"], "default");
    assert_eq!(info["organization"], info["homeOrganization"]);
    let head = client.send(Request::new("HEAD", "/api/v2/tokens/me"));
    assert_eq!(head.status, 200);
    let me = client.get("/api/v2/users/me?expand=authorization,presence").with(200);
    assert_eq!(me["id"], json!(scene.user));
    assert_eq!((&me["email"], &me["username"]), (&json!(NAME), &json!(NAME)));
    let roles = json!([{ "id": scene.role, "name": "viewer" }]);
    assert_eq!(me["authorization"]["roles"], roles);
    assert_eq!(me["authorization"]["permissions"], json!(["journey:segment:view"]));
    assert_eq!(client.get("/api/v2/users/me").with(200).get("authorization"), None);

    client.delete("/api/v2/tokens/me").with(204);
    client.get("/api/v2/tokens/me").error(401, "bad.credentials");
    client.get(SEGMENTS).error(401, "bad.credentials");

    let admin = scene.admin();
    admin.get("/api/v2/users/me").error(400, "bad.request");
    admin.get("/api/v2/tokens/me").with(200);
    scene.server.anonymous().get("/api/v2/tokens/me").error(401, "authentication.required");
}

#[test]
fn signing_out_ends_the_tokens_of_the_browser_and_of_no_other() {
    let scene = Scene::start();
    let (token, cookie) = scene.implicit_token();
    let (other, _) = scene.implicit_token();
    scene.with(&token).get(SEGMENTS).with(200);
    // The same browser again: the same sign-in goes on.
    let path = scene.authorize("token", &[]);
    let (form, form_token) = scene.page(&path);
    let fields = [("form_token", form_token.as_str()), ("name", NAME), ("password", PASSWORD)];
    let again = scene.submit(&path, &format!("{form}; {cookie}"), &fields);
    assert!(again.headers["set-cookie"].starts_with(&cookie), "{:?}", again.headers);
    let place = Url::parse(&again.headers["location"]).expect("a URL");
    let third = pairs(place.fragment().expect("a fragment"))["access_token"].clone();

    let leave = |query: &str, cookie: &str| {
        let request = Request::new("GET", &format!("/logout?{query}")).header("cookie", cookie);
        scene.server.send(&request).expect("an answer")
    };
    let client = &scene.client;
    let strange = leave(&format!("client_id={client}&redirect_uri=https://evil.test/"), "");
    assert_eq!(strange.status, 200);
    assert!(!strange.headers.contains_key("location"));
    scene.with(&token).get(SEGMENTS).with(200);

    let left =
        leave(&format!("client_id={client}&redirect_uri=https%3A%2F%2Fapp.test%2F"), &cookie);
    assert_eq!((left.status, left.headers["location"].as_str()), (303, "https://app.test/"));
    assert!(left.headers["set-cookie"].contains("Max-Age=0"));
    scene.with(&token).get(SEGMENTS).error(401, "bad.credentials");
    scene.with(&third).get(SEGMENTS).error(401, "bad.credentials");
    scene.with(&other).get(SEGMENTS).with(200);
    assert!(body(&leave("", "")).contains("You are signed out"));
}

#[test]
fn what_becomes_of_a_user_shows_at_once() {
    let scene = Scene::start();
    let admin = scene.admin();
    let path = format!("{USERS}/{}", scene.user);
    let token = || scene.implicit_token().0;
    let sign_in =
        |password| scene.try_to_sign_in(&scene.authorize("token", &[]), NAME, password).status;

    let before = token();
    scene.with(&before).get(SEGMENTS).with(200);
    scene.server.clock.advance_ms(1);
    admin.patch(&path, &json!({ "password": "another long password" })).with(200);
    scene.with(&before).get(SEGMENTS).error(401, "bad.credentials");
    assert_eq!((sign_in(PASSWORD), sign_in("another long password")), (401, 303));
    admin.patch(&path, &json!({ "password": PASSWORD })).with(200);

    let after = token();
    scene.with(&after).get(SEGMENTS).with(200);
    admin.patch(&path, &json!({ "roles": [] })).with(200);
    scene.with(&after).get(SEGMENTS).error(403, "missing.any.permissions");
    admin.patch(&path, &json!({ "roles": [scene.role] })).with(200);
    scene.with(&after).get(SEGMENTS).with(200);
    admin.delete(&format!("{ROLES}/{}", scene.role)).with(204);
    scene.with(&after).get(SEGMENTS).error(403, "missing.any.permissions");

    admin.delete(&path).with(204);
    scene.with(&after).get(SEGMENTS).error(401, "bad.credentials");
    assert_eq!(sign_in(PASSWORD), 401);
    admin.delete(&path).error(404, "not.found");
    let again = json!({ "name": NAME, "password": PASSWORD, "roles": [] });
    admin.post(USERS, &again).with(201);
    scene.with(&after).get(SEGMENTS).error(401, "bad.credentials");
}

#[test]
fn users_and_roles_are_made_listed_and_checked() {
    let scene = Scene::start();
    let admin = scene.admin();
    let taken = json!({ "name": " ANN@example.com", "password": PASSWORD });
    admin.post(USERS, &taken).error(409, "request.conflict");
    let users = admin.get(USERS).with(200);
    assert_eq!(users["entities"][0]["name"], NAME);
    assert_eq!(users["entities"][0]["roles"], json!([scene.role]));
    assert!(!users.to_string().contains("argon2"), "{users}");
    let roles = admin.get(ROLES).with(200);
    assert_eq!(roles["entities"][0]["permissions"], json!(["journey:segment:view"]));

    let faults = |path: &str, body: Value, expected: &str| {
        let answer = admin.post(path, &body);
        assert_eq!((answer.status, answer.faults().as_str()), (400, expected), "{body}");
    };
    let nobody = "a5a5a5a5-0000-4000-8000-00000000abcd";
    faults(
        USERS,
        json!({ "name": "x", "password": "short", "roles": [nobody, "y"] }),
        "invalid.value name\nconstraint.validation password\ninvalid.value roles[0]\n\
         invalid.value roles[1]\n",
    );
    faults(
        ROLES,
        json!({ "permissions": ["no:such:thing"] }),
        "constraint.validation name\ninvalid.value permissions[0]\n",
    );
    faults(
        CLIENTS,
        json!({ "name": "x", "grants": ["code"], "redirectUris": ["javascript:x"] }),
        "invalid.value redirectUris[0]\n",
    );
    admin.patch(&format!("{USERS}/{nobody}"), &json!({})).error(404, "not.found");
    admin.delete(&format!("{ROLES}/{nobody}")).error(404, "not.found");
}

#[test]
fn nobody_gives_or_takes_over_what_they_do_not_have() {
    let scene = Scene::start();
    let admin = scene.admin();
    let role = json!({ "name": "all", "permissions": ["*"] });
    let all = text(&admin.post(ROLES, &role).with(201)["id"]).to_owned();
    let strong = json!({ "name": "root@example.com", "password": PASSWORD, "roles": [all] });
    let strong = text(&admin.post(USERS, &strong).with(201)["id"]).to_owned();
    let limited = scene.server.client_with(&["wayfare:user:*", "wayfare:role:*"]);
    limited.post(ROLES, &role).error(400, "constraint.validation");
    let user = json!({ "name": "me@example.com", "password": PASSWORD, "roles": [all] });
    limited.post(USERS, &user).error(400, "constraint.validation");
    let plain = json!({ "name": "me@example.com", "password": PASSWORD });
    let plain = text(&limited.post(USERS, &plain).with(201)["id"]).to_owned();
    let more = json!({ "roles": [all] });
    limited.patch(&format!("{USERS}/{plain}"), &more).error(400, "constraint.validation");
    let password = json!({ "password": "a password of mine" });
    limited.patch(&format!("{USERS}/{strong}"), &password).error(403, "missing.any.permissions");
    limited.patch(&format!("{USERS}/{plain}"), &password).with(200);
}

#[test]
fn a_client_gets_tokens_only_in_its_own_ways() {
    let scene = Scene::start();
    let anonymous = scene.server.anonymous();
    let refused = anonymous.token_by_basic(&scene.client, &scene.secret);
    assert_eq!(refused.json["error"], "unauthorized_client");
    refused.error(400, "bad.request");
    let body = json!({ "name": "x", "grants": ["token"], "redirectUris": [BACK] });
    let id = text(&scene.admin().post(CLIENTS, &body).with(201)["id"]).to_owned();
    let path = scene.authorize("code", &[]).replace(&scene.client, &id);
    assert!(scene.get(&path).headers["location"].contains("error=unauthorized_client"));
}

#[test]
fn people_of_one_organisation_cannot_sign_in_to_another() {
    let scene = Scene::start();
    let keys = scene.server.create_organisation("other");
    let admin = scene.server.client_of(&keys);
    let body = json!({ "name": "x", "grants": ["token"], "redirectUris": [BACK] });
    let id = text(&admin.post(CLIENTS, &body).with(201)["id"]).to_owned();
    let path = scene.authorize("token", &[]).replace(&scene.client, &id);
    assert_eq!(scene.try_to_sign_in(&path, NAME, PASSWORD).status, 401);
    assert_eq!(admin.get(USERS).with(200)["entities"], json!([]));
    let own = json!({ "name": NAME, "password": "a different password" });
    admin.post(USERS, &own).with(201);
    assert_eq!(scene.try_to_sign_in(&path, NAME, "a different password").status, 303);
    assert_eq!(scene.try_to_sign_in(&scene.authorize("token", &[]), NAME, PASSWORD).status, 303);
    admin.delete(&format!("{USERS}/{}", scene.user)).error(404, "not.found");
    admin.delete(&format!("{ROLES}/{}", scene.role)).error(404, "not.found");
}

#[test]
fn no_password_is_stored() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let admin = server.client();
    let user = json!({ "name": NAME, "password": PASSWORD });
    let id = text(&admin.post(USERS, &user).with(201)["id"]).to_owned();
    let changed = json!({ "password": "another long password" });
    admin.patch(&format!("{USERS}/{id}"), &changed).with(200);
    server.close();
    let files = std::fs::read_dir(directory.path()).expect("a directory");
    let bytes: Vec<u8> = files
        .flat_map(|file| std::fs::read(file.expect("a file").path()).expect("bytes"))
        .collect();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(NAME));
    assert_eq!([PASSWORD, "another long password"].map(holds), [false; 2]);
}
