//! What the process reads from its environment: the only place that does.
//!
//! The names are go-plugin's and Terraform's.

use tracing::level_filters::LevelFilter;

/// The variable and value by which a host says that it is one. Terraform and OpenTofu use the same pair.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The settings of one process. As with go-plugin, an empty variable counts as an absent one.
#[derive(Default)]
pub(crate) struct Environment {
    /// Whether a plugin host started the process.
    pub(crate) has_cookie: bool,
    /// The host's certificate as PEM. Present: mutual TLS is wanted, and only this certificate may call.
    pub(crate) client_certificate: Option<String>,
    /// First and last port to try, for TCP alone.
    pub(crate) min_port: Option<String>,
    pub(crate) max_port: Option<String>,
    /// Where the socket goes instead of the folder for temporary files.
    pub(crate) socket_directory: Option<String>,
    /// The group, by name or number, that may use the socket.
    pub(crate) socket_group: Option<String>,
    /// Whether the host wants to hear about multiplexing.
    pub(crate) asks_for_multiplexing: bool,
    /// The most detailed level that anybody wants to see, where one is set.
    pub(crate) log_level: Option<LevelFilter>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place where the framework reads its environment")]
    pub(crate) fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name| lookup(name).filter(|value| !value.is_empty());
        Self {
            has_cookie: get(COOKIE.0).is_some_and(|value| value == COOKIE.1),
            client_certificate: get("PLUGIN_CLIENT_CERT"),
            min_port: get("PLUGIN_MIN_PORT"),
            max_port: get("PLUGIN_MAX_PORT"),
            socket_directory: get("PLUGIN_UNIX_SOCKET_DIR"),
            socket_group: get("PLUGIN_UNIX_SOCKET_GROUP"),
            asks_for_multiplexing: get("PLUGIN_MULTIPLEX_GRPC").is_some(),
            log_level: get("TF_LOG_PROVIDER").or_else(|| get("TF_LOG")).map(|value| log_level(&value)),
        }
    }
}

/// Terraform takes `JSON`, and any word it doesn't know, for the most detailed level.
fn log_level(value: &str) -> LevelFilter {
    match value.to_ascii_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn only_the_exact_cookie_counts() {
        assert!(read(&[COOKIE]).has_cookie);
        assert!(!read(&[(COOKIE.0, "d602")]).has_cookie);
        assert!(!read(&[]).has_cookie);
    }

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        let environment = read(&[("PLUGIN_CLIENT_CERT", ""), ("PLUGIN_MULTIPLEX_GRPC", "")]);
        assert!(environment.client_certificate.is_none());
        assert!(!environment.asks_for_multiplexing);
    }

    #[test]
    fn any_text_asks_for_multiplexing() {
        assert!(read(&[("PLUGIN_MULTIPLEX_GRPC", "false")]).asks_for_multiplexing);
    }

    #[test]
    fn the_level_for_providers_wins_over_the_general_one() {
        let level = |variables: &[(&str, &str)]| read(variables).log_level;
        assert_eq!(level(&[]), None);
        assert_eq!(level(&[("TF_LOG", "warn")]), Some(LevelFilter::WARN));
        assert_eq!(level(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "ERROR")]), Some(LevelFilter::ERROR));
        assert_eq!(level(&[("TF_LOG", "json")]), Some(LevelFilter::TRACE));
    }
}
