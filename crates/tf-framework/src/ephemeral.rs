//! An ephemeral resource: a value that exists while Terraform runs, and stands in no plan and no state.

use std::{marker::PhantomData, time::SystemTime};

use async_trait::async_trait;

use crate::{
    Result,
    diagnostics::{Diagnostic, Diagnostics},
    model::Model,
    path::Path,
    private::Private,
    server::ephemeral::{AnyEphemeralResource, Typed},
};

/// One kind of thing that is opened for a run, renewed while the run lasts, and closed at its end: a token, a lock, a tunnel.
///
/// Needs Terraform 1.10 or OpenTofu 1.11; older ones refuse the `ephemeral` block. A plan opens it and closes it, and so does
/// an apply, each time anew. The value may go to a provider block, to a write-only attribute (see
/// [`Attribute::write_only`](crate::Attribute::write_only)), and to whatever else is ephemeral.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use tf_framework::{EphemeralContext, EphemeralResource, EphemeralResourceType, Model, Result, Value, async_trait};
/// # struct Api;
/// # impl Api {
/// #     async fn lend(&self, _: &str) -> Result<(String, String)> { Ok(("id".into(), "key".into())) }
/// #     async fn extend(&self, _: &str) -> Result<()> { Ok(()) }
/// #     async fn give_back(&self, _: &str) -> Result<()> { Ok(()) }
/// # }
///
/// /// A key that works for a quarter of an hour, and longer as long as it is renewed.
/// #[derive(Clone, Model)]
/// struct Key {
///     /// The door that it opens.
///     #[attr(required)]
///     door: Value<String>,
///     /// The key itself.
///     #[attr(computed, sensitive)]
///     key: Value<String>,
/// }
///
/// fn in_ten_minutes() -> SystemTime {
///     SystemTime::now() + Duration::from_secs(600)
/// }
///
/// #[async_trait]
/// impl EphemeralResource<Api> for Key {
///     const NAME: &'static str = "hotel_key";
///
///     async fn open(api: &Api, config: Key, ctx: &mut EphemeralContext) -> Result<Key> {
///         let (id, key) = api.lend(config.door.as_deref().unwrap_or_default()).await?;
///         ctx.private().set("id", id);
///         ctx.renew_at(in_ten_minutes());
///         Ok(Key { key: key.into(), ..config })
///     }
///
///     async fn renew(api: &Api, ctx: &mut EphemeralContext) -> Result<()> {
///         api.extend(ctx.private().text("id")).await?;
///         ctx.renew_at(in_ten_minutes());
///         Ok(())
///     }
///
///     async fn close(api: &Api, ctx: &mut EphemeralContext) -> Result<()> {
///         api.give_back(ctx.private().text("id")).await
///     }
/// }
///
/// # fn list() -> EphemeralResourceType<Api> {
/// EphemeralResourceType::of::<Key>() // for Provider::ephemeral_resources
/// # }
/// ```
#[async_trait]
pub trait EphemeralResource<Api: Send + Sync + 'static>: Model {
    /// The type's full name, such as `pangea_access_token`.
    const NAME: &'static str;

    /// Checks what no rule of a single attribute can. Values may be unknown. Nothing is asked of the service here. The default
    /// checks nothing.
    fn validate(_config: &Self, _diagnostics: &mut Diagnostics) {}

    /// Opens it. The whole configuration is known by then. The answer repeats what the configuration set and holds no unknown;
    /// the framework checks both, and closes what it can't hand out.
    ///
    /// # Errors
    /// What the person should read. Nothing is closed after an error: `open` itself undoes what it began.
    async fn open(api: &Api, config: Self, ctx: &mut EphemeralContext) -> Result<Self>;

    /// Extends its life, at the time that was told to [`EphemeralContext::renew_at`]. Its value stays the same. It may run
    /// beside any other operation. To be called once more, it tells a new time.
    ///
    /// # Errors
    /// What the person should read. There is no further renewal, and `close` follows all the same. Terraform (1.16 at least)
    /// loses the message, so what matters goes into the log as well. By default, that the type can't be renewed: a bug of an
    /// `open` that told a time.
    async fn renew(_api: &Api, _ctx: &mut EphemeralContext) -> Result<()> {
        Err(Diagnostic::error(
            "Unable to renew an ephemeral resource",
            format!(
                "A {} can't be renewed, although it asked for it. This is always a bug in the provider: please report it.",
                Self::NAME
            ),
        )
        .into())
    }

    /// Ends it, once nothing in the run needs it any more. One that has ended already is a success, and so is the default,
    /// which does nothing.
    ///
    /// # Errors
    /// What the person should read. The run fails.
    async fn close(_api: &Api, _ctx: &mut EphemeralContext) -> Result<()> {
        Ok(())
    }
}

/// What an operation on an ephemeral resource is given beside its values.
#[derive(Debug, Default)]
pub struct EphemeralContext {
    pub(crate) private: Private,
    pub(crate) renew_at: Option<SystemTime>,
    pub(crate) diagnostics: Diagnostics,
}

impl EphemeralContext {
    pub(crate) fn new(private: Private) -> EphemeralContext {
        EphemeralContext { private, renew_at: None, diagnostics: Diagnostics::new() }
    }

    /// What one operation remembers for the next. It is stored nowhere and lives as long as the run, so a secret may stand in
    /// it.
    ///
    /// `renew` finds what the operation before it left. `close` finds what `open` left with Terraform, and what the last
    /// `renew` left with OpenTofu: whatever `close` needs, `open` must have put there, and a later value must not be the only
    /// one that works.
    pub fn private(&mut self) -> &mut Private {
        &mut self.private
    }

    /// Asks for a `renew` at that time, which should be some while before the value stops working. Without it there is none.
    /// Said in `close`, it means nothing.
    pub fn renew_at(&mut self, time: SystemTime) {
        self.renew_at = Some(time);
    }

    /// Tells the person something without failing.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.diagnostics.warn(summary, detail);
    }

    /// The same, pointing at an attribute.
    pub fn warn_at(&mut self, attribute: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.diagnostics.warn_at(attribute, summary, detail);
    }
}

/// An ephemeral resource in the provider's list.
pub struct EphemeralResourceType<Api>(pub(crate) Box<dyn AnyEphemeralResource<Api>>);

impl<Api: Send + Sync + 'static> EphemeralResourceType<Api> {
    /// The list entry of `E`.
    pub fn of<E: EphemeralResource<Api>>() -> EphemeralResourceType<Api> {
        EphemeralResourceType(Box::new(Typed::<E>::new(PhantomData)))
    }

    /// The type's full name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}
