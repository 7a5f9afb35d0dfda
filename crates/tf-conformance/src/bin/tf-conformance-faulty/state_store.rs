//! A store of states, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use tf_framework::wire::proto::tfplugin6::{
    StateRange, StateStoreServerCapabilities, configure_state_store, read_state_bytes, write_state_bytes,
};

use crate::breaks;
use crate::operations::{Outcome, error};
use crate::schema::CHEST;

struct Chest {
    chunk_size: usize,
    states: BTreeMap<String, Vec<u8>>,
    locks: BTreeMap<String, String>,
}

static CHEST_OF_ALL: Mutex<Chest> =
    Mutex::new(Chest { chunk_size: 1, states: BTreeMap::new(), locks: BTreeMap::new() });

fn chest() -> MutexGuard<'static, Chest> {
    CHEST_OF_ALL.lock().unwrap()
}

pub(crate) fn of_chests(type_name: &str) -> Outcome<()> {
    if type_name == CHEST { Ok(()) } else { Err(error(&format!("The provider has no state store {type_name:?}"))) }
}

pub(crate) fn configure(request: &configure_state_store::Request) -> Outcome<configure_state_store::Response> {
    of_chests(&request.type_name)?;
    let proposed = request.capabilities.map_or(1, |capabilities| capabilities.chunk_size);
    chest().chunk_size = usize::try_from(proposed).unwrap_or(1);
    let capabilities = Some(StateStoreServerCapabilities { chunk_size: if breaks("58-size") { 0 } else { proposed } });
    Ok(configure_state_store::Response { capabilities, ..Default::default() })
}

pub(crate) fn read(id: &str) -> Vec<read_state_bytes::Response> {
    let chest = chest();
    let bytes = chest.states.get(id).map_or(&[][..], Vec::as_slice);
    let size = if breaks("58-chunk") { chest.chunk_size + 1 } else { chest.chunk_size };
    let length = |bytes: &[u8]| i64::try_from(bytes.len()).unwrap();
    let mut start = 0;
    let chunks = bytes.chunks(size).map(|chunk| {
        // The end is a part of it.
        let end = start + length(chunk) - i64::from(!breaks("58-range"));
        let range = Some(StateRange { start, end });
        start += length(chunk);
        read_state_bytes::Response {
            bytes: chunk.to_vec(),
            total_length: length(bytes),
            range,
            diagnostics: Vec::new(),
        }
    });
    chunks.collect()
}

pub(crate) fn write(chunks: Vec<write_state_bytes::RequestChunk>) -> Outcome<()> {
    let meta = chunks.first().and_then(|chunk| chunk.meta.clone()).unwrap_or_default();
    of_chests(&meta.type_name)?;
    let bytes = chunks.into_iter().flat_map(|chunk| chunk.bytes).collect();
    chest().states.insert(meta.state_id, bytes);
    Ok(())
}

pub(crate) fn ids() -> Vec<String> {
    chest().states.keys().cloned().collect()
}

pub(crate) fn delete(id: &str) {
    if !breaks("58-delete") {
        chest().states.remove(id);
    }
}

pub(crate) fn lock(id: &str) -> Outcome<String> {
    let mut chest = chest();
    if chest.locks.contains_key(id) && !breaks("58-lock") {
        return Err(error("The state is locked"));
    }
    let lock = format!("lock of {id}");
    chest.locks.insert(id.to_owned(), lock.clone());
    Ok(lock)
}

pub(crate) fn unlock(id: &str, lock: &str) -> Outcome<()> {
    let mut chest = chest();
    match chest.locks.get(id) {
        Some(found) if found == lock => {
            chest.locks.remove(id);
            Ok(())
        }
        _ => Err(error("The lock is somebody else's")),
    }
}
