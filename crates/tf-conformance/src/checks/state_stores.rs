//! Check 58: state stores. No released host speaks with one yet; experimental builds of Terraform do.

use serde_json::json;
use tf_framework::wire::proto::tfplugin6::{
    self as proto, StateRange, StateStoreClientCapabilities, configure_state_store, read_state_bytes,
    validate_state_store, write_state_bytes,
};

use crate::broken::{Result, broken, ensure};
use crate::plugin::patiently;
use crate::samples::ReadSample;
use crate::session::{Kind, Said, Session, no_errors, refused};
use crate::suite::{Rules, SCHEMA, Suite};
use crate::value::to_wire;

/// The state that is written; its length is a multiple of the last of the chunk sizes, and of no other but 1.
const STATE: &[u8; 24] = b"{\"version\":4,\"serial\":1}";

/// What the host proposes, in bytes.
const CHUNK_SIZES: [i64; 3] = [1, 7, 8];

/// The most that core takes for a chunk size.
const MAX_CHUNK_SIZE: i64 = 128 << 20;

/// The state's id.
const ID: &str = "conformance";

pub(super) async fn run(suite: &Suite, rules: &mut Rules, _: &mut Vec<Said>) {
    if suite.samples.state_stores.is_empty() {
        let _ = rules.about(SCHEMA, [58]);
    }
    for (name, sample) in &suite.samples.state_stores {
        let mut about = rules.about(name, [58]);
        let Ok(mut session) = suite.configured().await else { continue };
        for proposed in CHUNK_SIZES {
            let outcome = stores(&mut session, name, sample, proposed).await;
            about.hold(58, outcome.map_err(|problem| broken!("in chunks of {proposed}: {problem}")));
        }
        about.hold(58, locks(&mut session, name).await);
    }
}

/// The answer to a call about the one state, without an error in it.
macro_rules! about_state {
    ($session:ident.$call:ident($name:ident $(, $field:ident: $value:expr)*)) => {{
        let request = proto::$call::Request {
            type_name: $name.to_owned(),
            state_id: ID.to_owned(),
            $($field: $value,)*
        };
        let answer = patiently($session.provider.$call(request)).await?;
        answer.map_err(|status| refused(stringify!($call), &status))?.into_inner()
    }};
}

async fn stores(session: &mut Session, name: &str, sample: &ReadSample, proposed: i64) -> Result<()> {
    let chunk_size = configured(session, name, sample, proposed).await?;
    ensure!(read(session, name, chunk_size).await?.is_empty(), "a state that was never written holds something");
    write(session, name, chunk_size).await?;
    let found = read(session, name, chunk_size).await?;
    ensure!(found == STATE, "a state of {} bytes is read as another of {}", STATE.len(), found.len());
    ensure!(listed(session, name).await?, "a state that was written is not among those that there are");
    let answer = about_state!(session.delete_state(name));
    no_errors("DeleteState", &answer.diagnostics)?;
    ensure!(read(session, name, chunk_size).await?.is_empty(), "a state that was deleted still holds something");
    ensure!(!listed(session, name).await?, "a state that was deleted is still among those that there are");
    Ok(())
}

async fn configured(session: &mut Session, name: &str, sample: &ReadSample, proposed: i64) -> Result<i64> {
    let ty = session.value_type(Kind::StateStore, name)?;
    let config = if sample.config.is_null() { json!({}) } else { sample.config.clone() };
    let config = Some(to_wire(&session.configuration(Kind::StateStore, name, &config)?, &ty));
    let request = validate_state_store::Request { type_name: name.to_owned(), config: config.clone() };
    let answer = patiently(session.provider.validate_state_store_config(request)).await?;
    let answer = answer.map_err(|status| refused("ValidateStateStoreConfig", &status))?;
    no_errors("ValidateStateStoreConfig", &answer.get_ref().diagnostics)?;
    let capabilities = Some(StateStoreClientCapabilities { chunk_size: proposed });
    let request = configure_state_store::Request { type_name: name.to_owned(), config, capabilities };
    let answer = patiently(session.provider.configure_state_store(request)).await?;
    let answer = answer.map_err(|status| refused("ConfigureStateStore", &status))?.into_inner();
    no_errors("ConfigureStateStore", &answer.diagnostics)?;
    let capabilities =
        answer.capabilities.ok_or_else(|| broken!("no capabilities are answered, which crashes Terraform"))?;
    let size = capabilities.chunk_size;
    ensure!((1..=MAX_CHUNK_SIZE).contains(&size), "a chunk size of {size} is none that Terraform takes");
    Ok(size)
}

async fn write(session: &mut Session, name: &str, chunk_size: i64) -> Result<()> {
    let length = i64::try_from(STATE.len()).unwrap_or_default();
    let size = usize::try_from(chunk_size).unwrap_or(STATE.len());
    let chunks = STATE.chunks(size).zip(0_i64..).map(|(bytes, at)| {
        let start = at * chunk_size;
        let meta = proto::RequestChunkMeta { type_name: name.to_owned(), state_id: ID.to_owned() };
        write_state_bytes::RequestChunk {
            meta: (at == 0).then_some(meta),
            bytes: bytes.to_vec(),
            total_length: length,
            range: Some(StateRange { start, end: (start + chunk_size).min(length) - 1 }),
        }
    });
    let chunks: Vec<_> = chunks.collect();
    let answer = patiently(session.provider.write_state_bytes(tokio_stream::iter(chunks))).await?;
    let answer = answer.map_err(|status| refused("WriteStateBytes", &status))?;
    no_errors("WriteStateBytes", &answer.get_ref().diagnostics)
}

/// The bytes of the state; none where there is no such state.
async fn read(session: &mut Session, name: &str, chunk_size: i64) -> Result<Vec<u8>> {
    let request = read_state_bytes::Request { type_name: name.to_owned(), state_id: ID.to_owned() };
    let stream = patiently(session.provider.read_state_bytes(request)).await?;
    let mut stream = stream.map_err(|status| refused("ReadStateBytes", &status))?.into_inner();
    let (mut bytes, mut total) = (Vec::new(), 0);
    while let Some(chunk) = patiently(stream.message()).await?.map_err(|status| refused("ReadStateBytes", &status))? {
        no_errors("ReadStateBytes", &chunk.diagnostics)?;
        let range = chunk.range.ok_or_else(|| broken!("a chunk has no range, which crashes Terraform"))?;
        let length = i64::try_from(chunk.bytes.len()).unwrap_or(i64::MAX);
        let start = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let is_last = start + length == chunk.total_length;
        ensure!(range.start == start, "a chunk starts at {}, and those before it end at {start}", range.start);
        ensure!(
            range.end == start + length - 1,
            "a chunk of {length} bytes from {start} on is said to end with the byte {}",
            range.end
        );
        ensure!(
            length == chunk_size || is_last,
            "a chunk before the last one has {length} bytes, and not {chunk_size}"
        );
        total = chunk.total_length;
        bytes.extend(chunk.bytes);
    }
    ensure!(i64::try_from(bytes.len()) == Ok(total), "the length is said to be {total}, and {} came", bytes.len());
    Ok(bytes)
}

async fn listed(session: &mut Session, name: &str) -> Result<bool> {
    let answer =
        patiently(session.provider.get_states(proto::get_states::Request { type_name: name.to_owned() })).await?;
    let answer = answer.map_err(|status| refused("GetStates", &status))?.into_inner();
    no_errors("GetStates", &answer.diagnostics)?;
    Ok(answer.state_id.iter().any(|id| id == ID))
}

/// One at a time has a state, and an empty id says that there are no locks.
async fn locks(session: &mut Session, name: &str) -> Result<()> {
    for _ in 0..2 {
        let first = about_state!(session.lock_state(name, operation: "conformance".to_owned()));
        no_errors("LockState", &first.diagnostics)?;
        if first.lock_id.is_empty() {
            return Ok(());
        }
        let second = about_state!(session.lock_state(name, operation: "conformance".to_owned()));
        ensure!(
            no_errors("LockState", &second.diagnostics).is_err(),
            "a state that is locked is locked once more, and two runs would write it"
        );
        let answer = about_state!(session.unlock_state(name, lock_id: first.lock_id));
        no_errors("UnlockState", &answer.diagnostics)?;
    }
    Ok(())
}
