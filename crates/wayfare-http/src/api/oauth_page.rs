//! The pages on which people sign in: plain HTML without scripts. Whatever comes from outside is
//! escaped, and a strict content security policy stands behind that.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;background:#f3f4f6;color:#1f2937;\
margin:0;display:grid;place-items:center;min-height:100vh}\
main{background:#fff;border:1px solid #d1d5db;border-radius:8px;padding:2rem;\
width:min(22rem,90vw);box-sizing:border-box}\
h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 1rem;overflow-wrap:anywhere}\
label{display:block;margin:0 0 1rem}\
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin-top:.25rem;\
border:1px solid #6b7280;border-radius:4px}\
button{font:inherit;width:100%;padding:.6rem;border:0;border-radius:4px;background:#1d4ed8;\
color:#fff;cursor:pointer}\
[role=alert]{color:#b91c1c}";

/// What the sign-in page shows.
pub(super) struct SignInPage<'a> {
    /// The client's name.
    pub(super) client: &'a str,
    /// What the form carries to prove that it is ours.
    pub(super) form_token: &'a str,
    /// The name typed before, or the one the client suggests.
    pub(super) name: &'a str,
    /// Why the last attempt failed.
    pub(super) error: Option<&'a str>,
    /// Where the browser goes afterwards; the policy must name it, for browsers hold redirects of a
    /// form against it too.
    pub(super) origin: &'a str,
    /// Lets our style through, and no other.
    pub(super) nonce: &'a str,
}

impl SignInPage<'_> {
    /// The page. The form goes to the page's own address, which holds the request.
    pub(super) fn render(&self, status: StatusCode) -> Response {
        let error = self.error.map_or_else(String::new, |error| {
            format!("<p role=\"alert\" id=\"error\">{}</p>", escape(error))
        });
        let (focus_name, focus_password) =
            if self.name.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
        let body = format!(
            "<h1>Sign in</h1><p>to continue to <strong>{client}</strong></p>{error}\
             <form method=\"post\">\
             <input type=\"hidden\" name=\"form_token\" value=\"{form_token}\">\
             <label>E-mail address<input name=\"name\" type=\"text\" inputmode=\"email\" \
             autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required \
             value=\"{name}\"{focus_name}></label>\
             <label>Password<input name=\"password\" type=\"password\" \
             autocomplete=\"current-password\" required{focus_password}></label>\
             <button type=\"submit\">Sign in</button></form>",
            client = escape(self.client),
            form_token = escape(self.form_token),
            name = escape(self.name),
        );
        page(status, "Sign in", &body, self.nonce, self.origin)
    }
}

/// A page that says one thing.
pub(super) fn message(status: StatusCode, title: &str, text: &str, nonce: &str) -> Response {
    let body = format!("<h1>{}</h1><p>{}</p>", escape(title), escape(text));
    page(status, title, &body, nonce, "")
}

fn page(status: StatusCode, title: &str, body: &str, nonce: &str, origin: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} - Wayfare</title><style nonce=\"{nonce}\">{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        title = escape(title),
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {origin}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    // An origin is printable ASCII: scheme, host in punycode and port.
    let policy = HeaderValue::from_str(&policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let opener = HeaderName::from_static("x-permitted-cross-domain-policies");
    headers.insert(opener, HeaderValue::from_static("none"));
    response
}

/// A text inside of HTML, in an element or in an attribute with quotes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn text(response: Response) -> String {
        let body = to_bytes(response.into_body(), 1_000_000);
        let bytes = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(body);
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let evil = "\"><script>alert('x')</script>&";
        let page = SignInPage {
            client: evil,
            form_token: evil,
            name: evil,
            error: Some(evil),
            origin: "https://app.test",
            nonce: "n",
        };
        for html in [
            text(page.render(StatusCode::OK)),
            text(message(StatusCode::BAD_REQUEST, evil, evil, "n")),
        ] {
            assert!(!html.contains("<script"), "{html}");
            assert!(!html.contains("\"><s"), "{html}");
            assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{html}");
        }
    }

    #[test]
    fn the_policy_lets_the_form_go_on_to_the_client_and_nowhere_else() {
        let page = SignInPage {
            client: "c",
            form_token: "t",
            name: "",
            error: None,
            origin: "https://app.test:8443",
            nonce: "abc",
        };
        let response = page.render(StatusCode::OK);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'nonce-abc'; form-action 'self' https://app.test:8443; \
             frame-ancestors 'none'; base-uri 'none'"
        );
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert!(!text(response).contains("id=\"error\""));
    }
}
