//! State moves: a resource takes over an object that another resource type managed, of this provider or of another.

use serde_json::Value as Json;

use crate::{
    Result,
    context::Context,
    diagnostics::Diagnostic,
    model::Model,
    modify_plan::read_model,
    private::Private,
    registration::Registration,
    resource::Resource,
    server::resource::{StateAnswer, changed},
    value::Dynamic,
    wire::json::{self, Undefined},
};

/// A resource that takes over objects of other types, where a configuration says so in a `moved` block. Needs Terraform 1.8
/// or OpenTofu 1.10; older ones refuse such a block.
///
/// ```
/// use tf_framework::{Context, Model, MoveSource, MoveState, Resource, ResourceType, Result, Value, async_trait};
///
/// /// A name that nobody else has.
/// #[derive(Clone, Model)]
/// struct Name {
///     /// The name.
///     #[attr(required)]
///     text: Value<String>,
/// }
///
/// /// What of a `random_pet` is needed here.
/// #[derive(Clone, Model)]
/// struct RandomPet {
///     /// The name.
///     #[attr(computed)]
///     id: Value<String>,
/// }
///
/// impl MoveState<()> for Name {
///     fn move_state(source: &MoveSource, _: &mut Context<Name>) -> Result<Option<Name>> {
///         if !source.is("hashicorp/random", "random_pet") {
///             return Ok(None);
///         }
///         let pet: RandomPet = source.read()?;
///         Ok(Some(Name { text: pet.id }))
///     }
/// }
/// # #[async_trait]
/// # impl Resource<()> for Name {
/// #     const NAME: &'static str = "example_name";
/// #     async fn create(_: &(), plan: Name, _: &mut Context<Name>) -> Result<Name> { Ok(plan) }
/// #     async fn read(_: &(), state: Name, _: &mut Context<Name>) -> Result<Option<Name>> { Ok(Some(state)) }
/// #     async fn update(_: &(), _: Name, plan: Name, _: &mut Context<Name>) -> Result<Name> { Ok(plan) }
/// #     async fn delete(_: &(), _: Name, _: &mut Context<Name>) -> Result<()> { Ok(()) }
/// # }
///
/// let entry: ResourceType<()> = ResourceType::of::<Name>().moves_state().into();
/// assert_eq!(entry.name(), "example_name");
/// ```
pub trait MoveState<Api: Send + Sync + 'static>: Resource<Api> {
    /// The state under which the object goes on, or `None` for an object of a kind that this resource can't take over; the
    /// person then reads an error that names both types. Several sources are several cases of one `match`.
    ///
    /// It is asked before the provider is configured, so there is nothing to ask the service with. The state needs to be
    /// complete enough for `read`, which follows in the same run, and holds no unknown. Private state begins empty: what is
    /// told to the context goes along. The identity follows from the state, as everywhere.
    ///
    /// # Errors
    /// What the person should read. The object stays what it was.
    fn move_state(source: &MoveSource, ctx: &mut Context<Self>) -> Result<Option<Self>>;
}

impl<Api: Send + Sync + 'static, R: MoveState<Api>> Registration<Api, R> {
    /// It takes over objects of other types.
    pub fn moves_state(mut self) -> Registration<Api, R> {
        self.entry.mover = Some(take_over::<Api, R>);
        self
    }
}

/// The object to be taken over, as the provider that managed it left it. `Debug` shows no value of its state.
#[derive(Clone)]
pub struct MoveSource {
    provider_address: String,
    type_name: String,
    schema_version: i64,
    state: Json,
    private: Vec<u8>,
    identity: Option<Json>,
    identity_version: i64,
}

impl MoveSource {
    pub(crate) fn new(provider_address: String, type_name: String, schema_version: i64, state: Json) -> MoveSource {
        MoveSource {
            provider_address,
            type_name,
            schema_version,
            state,
            private: Vec::new(),
            identity: None,
            identity_version: 0,
        }
    }

    pub(crate) fn with_private(self, private: Vec<u8>) -> MoveSource {
        MoveSource { private, ..self }
    }

    pub(crate) fn with_identity(self, identity: Option<Json>, identity_version: i64) -> MoveSource {
        MoveSource { identity, identity_version, ..self }
    }

    /// Whether the object is of this type of this provider, which is written `namespace/name`. The registry is left out,
    /// since Terraform and OpenTofu each have their own.
    pub fn is(&self, provider: &str, type_name: &str) -> bool {
        let without_registry = self.provider_address.split_once('/').map_or("", |(_, rest)| rest);
        without_registry == provider && self.type_name == type_name
    }

    /// Full address of the provider that managed the object, such as `registry.terraform.io/hashicorp/random`.
    pub fn provider_address(&self) -> &str {
        &self.provider_address
    }

    /// The type that the object was of, such as `random_pet`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Version of the schema that the state was written with.
    pub fn schema_version(&self) -> i64 {
        self.schema_version
    }

    /// The state as JSON.
    pub fn state(&self) -> &Json {
        &self.state
    }

    /// The state as a model of what is needed of it. Attributes that the model doesn't have are left out; those that the
    /// state doesn't have are null.
    ///
    /// # Errors
    /// Where a value doesn't fit its field.
    pub fn read<M: Model>(&self) -> Result<M> {
        let text = self.state.to_string();
        let decoded = json::decode(text.as_bytes(), &M::schema(0).value_type(), Undefined::Ignore);
        let problem = match decoded.map(|state| read_model::<M>(&state)) {
            Ok(Ok(Some(model))) => return Ok(model),
            Ok(Ok(None)) => "there is none".to_owned(),
            Ok(Err(misfit)) => format!("`{}` {}", misfit.path, misfit.problem),
            Err(error) => error.to_string(),
        };
        Err(self.unreadable(&problem).into())
    }

    /// Private state, where the provider that wrote it did so in the common layout; else nothing.
    pub fn private(&self) -> Private {
        Private::from_wire(&self.private)
    }

    /// Private state as stored, in whatever layout.
    pub fn private_bytes(&self) -> &[u8] {
        &self.private
    }

    /// The identity as JSON, and the version of the schema that it was written with; `None` where the object has none.
    /// Terraform always says version 0.
    pub fn identity(&self) -> Option<(&Json, i64)> {
        self.identity.as_ref().map(|identity| (identity, self.identity_version))
    }

    fn unreadable(&self, problem: &str) -> Diagnostic {
        Diagnostic::error(
            "Unable to move the resource state",
            format!(
                "The state of the {} of {}, written at schema version {}, can't be read: {problem}. It may have been written \
                 by a version of that provider that is not known here. Apply once with a newer version of it, or remove the \
                 `moved` block, remove the object from the state and import it.",
                self.type_name, self.provider_address, self.schema_version
            ),
        )
    }
}

impl std::fmt::Debug for MoveSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MoveSource({} of {})", self.type_name, self.provider_address)
    }
}

/// What a resource makes of an object that it is to take over; `None` where it doesn't.
pub(crate) type Mover = fn(&MoveSource) -> Option<StateAnswer>;

fn take_over<Api: Send + Sync + 'static, R: MoveState<Api>>(source: &MoveSource) -> Option<StateAnswer> {
    let mut ctx = Context::<R>::new(None, Private::default());
    let result = R::move_state(source, &mut ctx).transpose()?;
    Some(changed(ctx, result, Dynamic::Null))
}
