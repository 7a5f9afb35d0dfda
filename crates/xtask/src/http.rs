//! Requests over plain HTTP to a server on this machine, for looking at the emulator from outside with nothing of the client's code.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The emulator answers within milliseconds; its injected delays stay far below this.
const LIMIT: Duration = Duration::from_secs(30);
/// More than any document of the emulator.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// Sends one request to `http://HOST:PORT/...` and gives status code and body.
///
/// # Errors
///
/// Where the server does not answer, or answers something else than HTTP.
pub fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, String)> {
    let rest = url.strip_prefix("http://").with_context(|| format!("{url} is not plain HTTP"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).with_context(|| format!("nothing answers at {host}"))?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let mut head = format!("{method} /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    // In HTTP/1.0 the answer is never chunked and ends with the connection.
    let mut answer = Vec::new();
    stream.take(MAX_BODY).read_to_end(&mut answer)?;
    parse(&String::from_utf8_lossy(&answer)).with_context(|| format!("{method} {url}"))
}

fn parse(answer: &str) -> Result<(u16, String)> {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        bail!("the answer has no end of headers: {answer:?}")
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.with_context(|| format!("the answer has no status: {head:?}"))?, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_status_and_body() {
        assert_eq!(parse("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n{\"c\":1}").unwrap(), (404, "{\"c\":1}".to_owned()));
        assert!(parse("no HTTP").is_err());
    }
}
