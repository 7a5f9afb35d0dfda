//! HCL as `terraform fmt` leaves it: names of resources, and the arguments of a block.

use std::collections::BTreeSet;

use tf_framework::Dynamic;

/// How long a line may be before a list or an object is broken up.
const WIDTH: usize = 100;

/// Names that are taken.
#[derive(Default)]
pub(super) struct Names(BTreeSet<(String, String)>);

impl Names {
    /// A name for a resource of this type that says what people call the object.
    pub(super) fn unused(&mut self, kind: &str, called: &str) -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let words: String = called.chars().map(letter).collect();
        let words: Vec<_> = words.split('_').filter(|word| !word.is_empty()).collect();
        let mut name = words.join("_");
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, if name.is_empty() { "unnamed" } else { "n_" });
        }
        let numbered = (1..).map(|number: u32| if number == 1 { name.clone() } else { format!("{name}_{number}") });
        let mut free = numbered.skip_while(|name| self.0.contains(&(kind.to_owned(), name.clone())));
        let free = free.next().unwrap_or_default();
        self.0.insert((kind.to_owned(), free.clone()));
        free
    }
}

/// The arguments of a block, each on a line or more.
pub(super) fn body(config: &[(String, Dynamic)]) -> String {
    entries(config.iter().map(|(name, value)| (name.clone(), expression(name, value))).collect(), 1)
}

/// A text as HCL writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // A template would begin here.
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A value before it is laid out.
enum Expression {
    Word(String),
    List(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    Call(&'static str, Box<Expression>),
}

/// Settings are JSON, and read best as what they encode.
fn expression(name: &str, value: &Dynamic) -> Expression {
    let json = value.as_str().filter(|_| name == "settings").and_then(|text| serde_json::from_str(text).ok());
    match json {
        Some(json) => Expression::Call("jsonencode", Box::new(of_json(&json))),
        None => of_value(value),
    }
}

fn of_value(value: &Dynamic) -> Expression {
    match value {
        Dynamic::String(text) => Expression::Word(quoted(text)),
        Dynamic::Bool(bool) => Expression::Word(bool.to_string()),
        Dynamic::Number(number) => Expression::Word(number.to_string()),
        Dynamic::List(list) => Expression::List(list.iter().map(of_value).collect()),
        Dynamic::Set(set) => Expression::List(set.iter().map(of_value).collect()),
        Dynamic::Map(map) => {
            let entry = |(key, value): (&String, &Dynamic)| (!value.is_null()).then(|| (key.clone(), of_value(value)));
            Expression::Object(map.iter().filter_map(entry).collect())
        }
        Dynamic::Typed(_, value) => of_value(value),
        Dynamic::Unknown | Dynamic::Null => Expression::Word("null".to_owned()),
    }
}

fn of_json(json: &serde_json::Value) -> Expression {
    match json {
        serde_json::Value::String(text) => Expression::Word(quoted(text)),
        serde_json::Value::Array(list) => Expression::List(list.iter().map(of_json).collect()),
        serde_json::Value::Object(map) => {
            Expression::Object(map.iter().map(|(key, value)| (key.clone(), of_json(value))).collect())
        }
        other => Expression::Word(other.to_string()),
    }
}

impl Expression {
    fn on_one_line(&self) -> String {
        match self {
            Expression::Word(word) => word.clone(),
            Expression::List(list) => {
                format!("[{}]", list.iter().map(Expression::on_one_line).collect::<Vec<_>>().join(", "))
            }
            Expression::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Expression::Object(entries) => {
                let entry =
                    |(key, value): &(String, Expression)| format!("{} = {}", self::key(key), value.on_one_line());
                format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Expression::Call(function, argument) => format!("{function}({})", argument.on_one_line()),
        }
    }

    /// The text, whose further lines stand `depth` steps in.
    fn laid_out(self, depth: usize) -> String {
        let line = self.on_one_line();
        if line.chars().count() <= WIDTH {
            return line;
        }
        let (inner, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
        match self {
            Expression::Word(word) => word,
            Expression::List(list) => {
                let lines: String =
                    list.into_iter().map(|one| format!("{inner}{},\n", one.laid_out(depth + 1))).collect();
                format!("[\n{lines}{end}]")
            }
            Expression::Object(map) => {
                let map = map.into_iter().map(|(key, value)| (self::key(&key), value)).collect();
                format!("{{\n{}{end}}}", entries(map, depth + 1))
            }
            Expression::Call(function, argument) => format!("{function}({})", argument.laid_out(depth)),
        }
    }
}

/// Entries on lines of their own. Neighbours that take one line each have their signs of equality below each other.
fn entries(entries: Vec<(String, Expression)>, depth: usize) -> String {
    let laid_out: Vec<_> = entries.into_iter().map(|(name, value)| (name, value.laid_out(depth))).collect();
    let is_short = |(_, text): &(String, String)| !text.contains('\n');
    let mut lines = String::new();
    for run in laid_out.chunk_by(|one, next| is_short(one) && is_short(next)) {
        let width = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, text) in run {
            lines.push_str(&format!("{}{name:<width$} = {text}\n", "  ".repeat(depth)));
        }
    }
    lines
}

/// A key of an object: as it is where it is an identifier.
fn key(key: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_identifier = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(is_letter);
    // These begin another expression where they stand alone.
    let is_plain = is_identifier && !["for", "true", "false", "null"].contains(&key);
    if is_plain { key.to_owned() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_name_says_what_the_object_is_called_and_is_not_taken_twice() {
        let mut names = Names::default();
        let mut named = |called: &str| names.unused("pangea_project", called);
        assert_eq!(named("Shop (EU)"), "shop_eu");
        assert_eq!(named("shop-eu"), "shop_eu_2");
        assert_eq!(named("shop_eu_2"), "shop_eu_2_2");
        assert_eq!(named("3 pigs"), "n_3_pigs");
        assert_eq!(named("ä"), "unnamed");
        assert_eq!(named(""), "unnamed_2");
        assert_eq!(names.unused("pangea_organization", "shop eu"), "shop_eu");
    }

    #[test]
    fn a_text_reads_back_as_it_was() {
        let text = "a \"quote\", a \\, ${x} %{y} $5 \n\t\u{7} ä";
        expect![[r#""a \"quote\", a \\, $${x} %%{y} $5 \n\t\u0007 ä""#]].assert_eq(&quoted(text));
    }

    #[test]
    fn arguments_stand_as_fmt_leaves_them() {
        let scopes: Vec<_> = (1..5).map(|number| format!("pangea:service:number-{number}:config:manage")).collect();
        let role = Dynamic::map([("id", Dynamic::from("ppi_a")), ("role", "admin".into()), ("service", Dynamic::Null)]);
        let settings =
            r#"{"a-b":{"x":[1,true,null]},"for":"x","1":{},"text":"TEXT"}"#.replace("TEXT", &"long ".repeat(20));
        let config = [
            ("name", Dynamic::from("it")),
            ("size", 3.into()),
            ("scopes", Dynamic::list(scopes)),
            ("roles", Dynamic::set([role])),
            ("is_on", true.into()),
            ("settings", settings.as_str().into()),
        ];
        let body = body(&config.map(|(name, value)| (name.to_owned(), value)));
        expect![[r#"
            {
              name = "it"
              size = 3
              scopes = [
                "pangea:service:number-1:config:manage",
                "pangea:service:number-2:config:manage",
                "pangea:service:number-3:config:manage",
                "pangea:service:number-4:config:manage",
              ]
              roles = [{ id = "ppi_a", role = "admin" }]
              is_on = true
              settings = jsonencode({
                "1"   = {}
                a-b   = { x = [1, true, null] }
                "for" = "x"
                text  = "long long long long long long long long long long long long long long long long long long long long "
              })
            }
        "#]]
        .assert_eq(&format!("{{\n{body}}}\n"));
    }
}
