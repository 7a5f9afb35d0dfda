//! The two ways in which the API cuts listings into pages.

use std::collections::HashSet;

use serde::Deserialize;

use crate::{
    api::Api,
    error::{Error, Failure, Kind, Result},
    request::Request,
};

/// How many pages one listing may have. At 100 objects a page it is far above any real organization, and it ends a
/// listing whose pages never do.
const MAX_PAGES: usize = 1_000;

/// A page of a listing that goes on with `last`.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// How many items the whole listing has.
    pub(crate) count: Option<u64>,
    /// Where the next page begins. It is sent with the last page as well, so it does not say that there is more.
    pub(crate) last: Option<String>,
}

/// A page of a listing that goes on with `offset`.
#[derive(Deserialize)]
pub(crate) struct OffsetPage<T> {
    results: Vec<T>,
    /// How many items the whole listing has.
    count: Option<u64>,
}

/// What has an id by which a repeated page is noticed.
pub(crate) trait Identified {
    fn id(&self) -> &str;
}

/// Reads all pages of a listing that goes on with `last`. An empty page, `count`, or a repeated or missing `last` ends it.
pub(crate) async fn by_cursor<T>(api: &Api, request: impl Fn(Option<&str>) -> Request<Page<T>>) -> Result<Vec<T>> {
    let mut items = Vec::new();
    let mut seen = HashSet::new();
    let mut last: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let page = api.send(request(last.as_deref())).await?;
        let empty = page.items.is_empty();
        items.extend(page.items);
        match page.last {
            Some(next) if !empty && !complete(items.len(), page.count) && seen.insert(next.clone()) => {
                last = Some(next)
            }
            _ => return Ok(items),
        }
    }
    Err(endless(&request(None)))
}

/// Reads all pages of a listing that goes on with `offset`. An empty page, `count`, no `count`, or a page without anything new ends it.
pub(crate) async fn by_offset<T: Identified>(
    api: &Api,
    request: impl Fn(usize) -> Request<OffsetPage<T>>,
) -> Result<Vec<T>> {
    let mut items: Vec<T> = Vec::new();
    let mut seen = HashSet::new();
    for _ in 0..MAX_PAGES {
        let page = api.send(request(items.len())).await?;
        let before = items.len();
        items.extend(page.results.into_iter().filter(|item| seen.insert(item.id().to_owned())));
        // Without a count nothing tells a whole listing from a part, and the guide's answer without a size is whole.
        if items.len() == before || page.count.is_none() || complete(items.len(), page.count) {
            return Ok(items);
        }
    }
    Err(endless(&request(0)))
}

fn complete(read: usize, count: Option<u64>) -> bool {
    count.is_some_and(|count| read as u64 >= count)
}

fn endless<T>(request: &Request<T>) -> Error {
    Error::new(Failure::new(Kind::Malformed, format!("the listing did not end after {MAX_PAGES} pages")), request, "")
}
