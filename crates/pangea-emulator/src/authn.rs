//! AuthN: the keys with which the JWTs of a project are verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::elliptic_curve::Generate as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde_json::json;

use crate::access;
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::shown;
use crate::oauth::object;
use crate::state::World;
use crate::store::{Document, Table, text};

/// `POST /v2/client/jwks`. The body may be absent or `{}`; no property is allowed.
pub(crate) fn jwks(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, None)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    fields.none_allowed();
    fields.finish()?;
    let keys = world.store.by_age(Table::Keys);
    let keys: Vec<Document> =
        keys.into_iter().filter(|key| text(key, "project") == project).map(|key| shown(key, &FIELDS)).collect();
    Ok(Reply::ok(json!({ "keys": keys })))
}

/// Makes a key for a project. ES256 is what the real service signs with by default, and only the public half is kept: nothing here signs.
pub(crate) fn add_key(world: &mut World, project: &str) {
    let point = SecretKey::generate_from_rng(&mut world.rng).public_key().to_sec1_point(false);
    let coordinate = |bytes: Option<&[u8]>| URL_SAFE_NO_PAD.encode(bytes.unwrap_or_default());
    // The version of the Vault item follows the bar.
    let kid = format!("{}|1", world.mint(ids::VAULT_ITEM));
    let key = json!({
        "kid": kid,
        "kty": "EC",
        "alg": "ES256",
        "use": "sig",
        "crv": "P-256",
        "x": coordinate(point.x().map(|x| x.as_slice())),
        "y": coordinate(point.y().map(|y| y.as_slice())),
        "project": project,
        "created_at": clock::text(world.clock.now()),
    });
    world.store.insert(Table::Keys, &kid, object(key));
}

const FIELDS: [&str; 7] = ["kid", "kty", "alg", "use", "crv", "x", "y"];
