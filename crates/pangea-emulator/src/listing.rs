//! Lists: filters, order and pages, by query parameters or by a JSON body that says the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::answers::{Issue, Problem};
use crate::call::{all, one};
use crate::clock;
use crate::store::{Document, text};

/// What may be asked of a list.
pub(crate) struct Listing {
    /// Fields with a time: `<field>` and `<field>__gt`, `__gte`, `__lt`, `__lte`.
    pub(crate) times: &'static [&'static str],
    /// Fields with a text: `<field>`, `<field>__contains` (every one), `<field>__in` (any one).
    pub(crate) texts: &'static [&'static str],
    /// The words of `order_by` and the field that each sorts by.
    pub(crate) orders: &'static [(&'static str, &'static str)],
}

/// What a call asks of a list, as pairs; a key may stand several times.
type Asked = [(String, String)];

/// One page of a list.
pub(crate) struct Page<'a> {
    pub(crate) items: Vec<&'a Document>,
    /// How many matched, on all pages.
    pub(crate) count: usize,
    /// Where this page ends. Sent even when nothing follows, so it does not tell whether there is more.
    pub(crate) last: String,
}

impl Listing {
    /// The page that a call asks for. Keys that are not known are ignored: one official client sends some.
    ///
    /// # Errors
    /// `Invalid` for parameters that cannot be read.
    pub(crate) fn page<'a>(&self, asked: &Asked, documents: Vec<&'a Document>) -> Result<Page<'a>, Problem> {
        let mut issues = Vec::new();
        let filters = self.filters(asked, &mut issues);
        let size = size(asked, &mut issues);
        let start = start(asked, &mut issues);
        let (field, descending) = self.order(asked, &mut issues);
        if !issues.is_empty() {
            return Err(Problem::Invalid(issues));
        }
        let mut items: Vec<&Document> =
            documents.into_iter().filter(|document| filters.iter().all(|filter| filter.admits(document))).collect();
        // The documents come oldest first and the sort is stable, so equals stay in that order.
        items.sort_by_cached_key(|item| text(item, field));
        if descending {
            items.reverse();
        }
        let count = items.len();
        let items: Vec<&Document> = items.into_iter().skip(start).take(size).collect();
        let last = last(start.min(count) + items.len(), count);
        Ok(Page { items, count, last })
    }

    fn filters(&self, asked: &Asked, issues: &mut Vec<Issue>) -> Vec<Filter> {
        let mut filters = Vec::new();
        for field in self.times {
            for (suffix, compare) in COMPARISONS {
                let key = format!("{field}{suffix}");
                let Some(value) = one(asked, &key) else { continue };
                match clock::parse(value) {
                    Some(time) => filters.push(Filter::Time { field, compare, time }),
                    None => issues.push(issue("BadFormatDateTime", &key, "Must be an ISO 8601 time")),
                }
            }
        }
        for field in self.texts {
            let values = |suffix: &str| -> Vec<String> {
                all(asked, &format!("{field}{suffix}")).into_iter().map(str::to_owned).collect()
            };
            if let Some(value) = one(asked, field) {
                filters.push(Filter::In { field, values: vec![value.to_owned()] });
            }
            filters.push(Filter::Contains { field, values: values("__contains") });
            let allowed = values("__in");
            if !allowed.is_empty() {
                filters.push(Filter::In { field, values: allowed });
            }
        }
        filters
    }

    fn order(&self, asked: &Asked, issues: &mut Vec<Issue>) -> (&'static str, bool) {
        let descending = match one(asked, "order") {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => {
                issues.push(issue("NotEnumMember", "order", "Must be one of: asc, desc"));
                false
            }
        };
        let Some(word) = one(asked, "order_by") else { return ("created_at", descending) };
        match self.orders.iter().find(|(name, _)| *name == word) {
            Some((_, field)) => (field, descending),
            None => {
                let names: Vec<&str> = self.orders.iter().map(|(name, _)| *name).collect();
                issues.push(issue("NotEnumMember", "order_by", &format!("Must be one of: {}", names.join(", "))));
                ("created_at", descending)
            }
        }
    }
}

/// The form of `last` in the guide's answers: `MTox` is `1:1` in base64.
pub(crate) fn last(position: usize, count: usize) -> String {
    STANDARD.encode(format!("{position}:{count}"))
}

enum Filter {
    Time { field: &'static str, compare: fn(Timestamp, Timestamp) -> bool, time: Timestamp },
    Contains { field: &'static str, values: Vec<String> },
    In { field: &'static str, values: Vec<String> },
}

impl Filter {
    fn admits(&self, document: &Document) -> bool {
        match self {
            Filter::Time { field, compare, time } => {
                clock::parse(text(document, field)).is_some_and(|own| compare(own, *time))
            }
            Filter::Contains { field, values } => values.iter().all(|part| text(document, field).contains(part)),
            Filter::In { field, values } => values.iter().any(|value| text(document, field) == value),
        }
    }
}

fn size(asked: &Asked, issues: &mut Vec<Issue>) -> usize {
    let Some(value) = one(asked, "size") else { return DEFAULT_SIZE };
    match value.parse() {
        Ok(size) if (1..=MAX_SIZE).contains(&size) => size,
        Ok(_) => {
            issues.push(issue("NotWithinRange", "size", &format!("Must be 1 to {MAX_SIZE}")));
            DEFAULT_SIZE
        }
        Err(_) => {
            issues.push(issue("InvalidInteger", "size", "Must be an integer"));
            DEFAULT_SIZE
        }
    }
}

fn start(asked: &Asked, issues: &mut Vec<Issue>) -> usize {
    let Some(value) = one(asked, "last") else { return 0 };
    let decoded = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')).and_then(|(start, _)| start.parse().ok()) {
        Some(start) => start,
        None => {
            issues.push(issue("BadFormat", "last", "Must be the value that an earlier page gave"));
            0
        }
    }
}

fn issue(code: &'static str, key: &str, detail: &str) -> Issue {
    Issue { code, source: format!("/{key}"), detail: detail.to_owned() }
}

/// The fields of a document that the API shows.
pub(crate) fn shown(document: &Document, fields: &[&str]) -> Document {
    fields.iter().map(|field| ((*field).to_owned(), document.get(*field).cloned().unwrap_or(Value::Null))).collect()
}

type Comparison = (&'static str, fn(Timestamp, Timestamp) -> bool);

const COMPARISONS: [Comparison; 5] = [
    ("", |own, asked| own == asked),
    ("__gt", |own, asked| own > asked),
    ("__gte", |own, asked| own >= asked),
    ("__lt", |own, asked| own < asked),
    ("__lte", |own, asked| own <= asked),
];

/// No source states the sizes of this host; these are Vault's.
const DEFAULT_SIZE: usize = 50;
const MAX_SIZE: usize = 100;
