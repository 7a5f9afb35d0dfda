//! A list resource: finds the objects of a resource type that exist already.

use std::{marker::PhantomData, ops::ControlFlow};

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use crate::{
    Result,
    context::{Context, reasons},
    diagnostics::Diagnostics,
    identity::Identified,
    model::Model,
    private::Private,
    server::{
        bug, identity,
        list_resource::{AnyListResource, ListEvent, ListRequest, Listed, Typed},
        resource::known,
    },
    value::Dynamic,
};

/// Lists the objects of one resource type, for `terraform query`, which writes the configuration to import them too. The struct
/// that implements it is the `config` block of a `list` block, and says which objects are wanted. Needs Terraform 1.14; OpenTofu has
/// nothing like it and never asks.
///
/// The type's name is that of the managed resource, which must have an identity and stand in the provider's
/// [`resources`](crate::Provider::resources).
///
/// ```
/// use std::collections::BTreeMap;
/// use tf_framework::{Context, Identified, ListResource, Model, Resource, Result, Results, Value, async_trait};
///
/// /// What `configure` made: notes by their title.
/// struct Board(BTreeMap<String, String>);
///
/// /// Which notes to list.
/// #[derive(Clone, Model)]
/// struct NoteList {
///     /// Only notes whose title begins so.
///     #[attr(optional)]
///     title_prefix: Value<String>,
/// }
///
/// #[async_trait]
/// impl ListResource<Board> for NoteList {
///     type Resource = Note;
///
///     async fn list(board: &Board, config: NoteList, results: &mut Results<Board, Note>) -> Result<()> {
///         let prefix = config.title_prefix.known().map_or("", String::as_str);
///         for (title, text) in board.0.iter().filter(|(title, _)| title.starts_with(prefix)) {
///             let note = Note { title: title.clone().into(), text: text.clone().into() };
///             if results.push(title, note).await.is_break() {
///                 break;
///             }
///         }
///         Ok(())
///     }
/// }
/// #
/// # /// A note.
/// # #[derive(Clone, Model)]
/// # struct Note {
/// #     /// Title.
/// #     #[attr(required)]
/// #     title: Value<String>,
/// #     /// Text.
/// #     #[attr(required)]
/// #     text: Value<String>,
/// # }
/// #
/// # /// What tells one note from another.
/// # #[derive(Clone, Model)]
/// # struct NoteIdentity {
/// #     /// Title.
/// #     #[attr(required)]
/// #     title: Value<String>,
/// # }
/// #
/// # #[async_trait]
/// # impl Resource<Board> for Note {
/// #     const NAME: &'static str = "board_note";
/// #     async fn create(_: &Board, plan: Note, _: &mut Context<Note>) -> Result<Note> { Ok(plan) }
/// #     async fn read(_: &Board, state: Note, _: &mut Context<Note>) -> Result<Option<Note>> { Ok(Some(state)) }
/// #     async fn update(_: &Board, _: Note, plan: Note, _: &mut Context<Note>) -> Result<Note> { Ok(plan) }
/// #     async fn delete(_: &Board, _: Note, _: &mut Context<Note>) -> Result<()> { Ok(()) }
/// # }
/// #
/// # #[async_trait]
/// # impl Identified<Board> for Note {
/// #     type Identity = NoteIdentity;
/// #     fn identity(&self) -> Option<NoteIdentity> { Some(NoteIdentity { title: self.title.clone() }) }
/// #     async fn import_by_identity(_: &Board, identity: NoteIdentity, _: &mut Context<Note>) -> Result<Note> {
/// #         Ok(Note { title: identity.title, text: Value::Null })
/// #     }
/// # }
/// ```
#[async_trait]
pub trait ListResource<Api: Send + Sync + 'static>: Model {
    /// The resource that is listed.
    type Resource: Identified<Api>;

    /// Checks what no rule of a single attribute can. Values may be unknown. Nothing is asked of the service here.
    fn validate(_config: &Self, _diagnostics: &mut Diagnostics) {}

    /// Finds the objects and pushes each. The configuration is wholly known. The future is dropped at its next `await` when
    /// nobody wants more: the limit is reached, Terraform hung up, or the person pressed Ctrl-C.
    ///
    /// # Errors
    /// What the person should read. Terraform then shows none of the objects, those pushed before among them.
    async fn list(api: &Api, config: Self, results: &mut Results<Api, Self::Resource>) -> Result<()>;
}

/// Where a [`ListResource`] puts what it finds. Results go to Terraform one by one: no more than a few wait in memory.
pub struct Results<Api, R> {
    limit: Option<u64>,
    wants_resource: bool,
    pushed: u64,
    warnings: Diagnostics,
    identity: identity::Typed<R>,
    /// None once nobody wants more.
    events: Option<Sender<ListEvent>>,
    api: PhantomData<fn(Api)>,
}

impl<Api: Send + Sync + 'static, R: Identified<Api>> Results<Api, R> {
    /// How many results are wanted; `None` for all there are. Terraform wants 100, unless its `list` block says otherwise.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Whether the whole resource is wanted. If not, the state needs only what the identity is made of, which may save requests.
    pub fn wants_resource(&self) -> bool {
        self.wants_resource
    }

    /// Hands over one object: the name by which a person knows it, and its state, from which the framework takes the identity.
    /// Waits until Terraform takes it. `Break` when nobody wants more, and then no further push comes back.
    ///
    /// A state whose identity is not known whole, or that holds an unknown where the resource is wanted, is a bug: it is reported
    /// and ends the listing.
    pub async fn push(&mut self, display_name: impl Into<String> + Send, state: R) -> ControlFlow<()> {
        let identity = state.identity();
        let mut diagnostics = Diagnostics::new();
        let what = format!("A listed {}", R::NAME);
        let resource = self.wants_resource.then(|| known(&what, state, &mut diagnostics));
        self.found(display_name.into(), identity, resource, diagnostics).await
    }

    /// The same for an object of which no more than its identity is known. Where the resource is wanted, the person reads a
    /// warning.
    pub async fn push_identity(
        &mut self,
        display_name: impl Into<String> + Send,
        identity: R::Identity,
    ) -> ControlFlow<()> {
        let display_name = display_name.into();
        if self.wants_resource {
            let name = R::NAME;
            let detail = format!(
                "The provider found the {name} {display_name:?} and could not read the rest of it. It is listed without its \
                 attributes; import it by its identity to manage it."
            );
            self.warnings.warn("Incomplete result", detail);
        }
        self.found(display_name, Some(identity), None, Diagnostics::new()).await
    }

    /// The same for an object of which no more than its identity is known yet: where the resource is wanted, it is imported by
    /// that identity and read, so that what is listed is what an import comes to. An object that is gone by then is left out.
    ///
    /// # Errors
    /// What the import or the read says.
    pub async fn push_imported(
        &mut self,
        api: &Api,
        display_name: impl Into<String> + Send,
        identity: R::Identity,
    ) -> Result<ControlFlow<()>> {
        if !self.wants_resource {
            return Ok(self.push_identity(display_name, identity).await);
        }
        let mut imported = Context::new(None, Private::default());
        let state = R::import_by_identity(api, identity, &mut imported).await?;
        let mut read = Context::new(None, imported.private);
        let found = R::read(api, state, &mut read).await?;
        self.warnings.extend(imported.diagnostics);
        self.warnings.extend(read.diagnostics);
        match found {
            Some(state) => Ok(self.push(display_name, state).await),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Tells the person something without failing. It goes out with the next result, or at the end.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.warnings.warn(summary, detail);
    }

    async fn found(
        &mut self,
        display_name: String,
        identity: Option<R::Identity>,
        resource: Option<Dynamic>,
        mut diagnostics: Diagnostics,
    ) -> ControlFlow<()> {
        let identity = self.identity.whole::<Api>(identity);
        if identity.is_none() {
            diagnostics.push(bug(format!("A listed {} was answered without a whole identity.", R::NAME)));
        }
        let warnings = std::mem::take(&mut self.warnings);
        match identity {
            Some(identity) if !diagnostics.has_errors() => {
                self.pushed += 1;
                self.send(ListEvent::Found(Listed { display_name, identity, resource, warnings })).await;
                if self.limit != Some(self.pushed) {
                    return ControlFlow::Continue(());
                }
            }
            _ => self.send(ListEvent::Said(diagnostics)).await,
        }
        self.send(ListEvent::Enough).await;
        self.events = None;
        ControlFlow::Break(())
    }

    /// Without a taker it never returns: the stream has ended, and the listing is dropped with it.
    async fn send(&mut self, event: ListEvent) {
        match &self.events {
            Some(events) if events.send(event).await.is_ok() => {}
            _ => std::future::pending().await,
        }
    }
}

impl<Api: Send + Sync + 'static, R: Identified<Api>> Results<Api, R> {
    pub(crate) fn new(request: &ListRequest, events: Sender<ListEvent>) -> Results<Api, R> {
        Results {
            limit: request.limit,
            wants_resource: request.wants_resource,
            pushed: 0,
            warnings: Diagnostics::new(),
            identity: identity::Typed::new(),
            events: Some(events),
            api: PhantomData,
        }
    }

    /// Ends the listing with what is left to say.
    pub(crate) async fn end(mut self, outcome: Result<()>) {
        let mut diagnostics = std::mem::take(&mut self.warnings);
        if let Err(errors) = outcome {
            diagnostics.extend(reasons(errors));
        }
        if !diagnostics.is_empty() && self.events.is_some() {
            self.send(ListEvent::Said(diagnostics)).await;
        }
    }
}

/// A list resource in the provider's list.
pub struct ListResourceType<Api>(pub(crate) Box<dyn AnyListResource<Api>>);

impl<Api: Send + Sync + 'static> ListResourceType<Api> {
    /// The list entry of `L`.
    pub fn of<L: ListResource<Api>>() -> ListResourceType<Api> {
        ListResourceType(Box::new(Typed::<L>::new()))
    }

    /// The type's full name, which is that of the resource it lists.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}
