//! The page at `/`: what the emulator holds, for a browser. It only reads, and shows changes as they come.

use axum::http::Method;

use crate::answers::Answer;
use crate::router::Connection;

/// The page's file at this path; none where there is no such file, or the caller is not on this machine.
///
/// What the page shows it reads from `/_emulator/state`, once a second while somebody looks at it.
pub(crate) fn serve(connection: Connection, method: &Method, path: &str) -> Option<Answer> {
    if !connection.peer.ip().to_canonical().is_loopback() || method != Method::GET {
        return None;
    }
    let (kind, text) = match path {
        "/" => ("text/html", include_str!("page/index.html")),
        "/_emulator/page.css" => ("text/css", include_str!("page/page.css")),
        "/_emulator/page.js" => ("text/javascript", include_str!("page/page.js")),
        _ => return None,
    };
    let headers =
        [("content-type", format!("{kind}; charset=utf-8")), ("content-security-policy", NOTHING_ELSE.to_owned())];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Some(Answer { status: 200, headers, body: text.as_bytes().to_vec() })
}

/// Names in the documents are whatever a caller chose. Should one ever get into the page as code, no browser runs it.
const NOTHING_ELSE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                            base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
