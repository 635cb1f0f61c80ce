//! What the anchors of a YAML document stand for, and a budget for copying it.

use std::collections::HashMap;
use std::mem;

use serde_json::Value;

use super::MAX_ALIAS_BYTES;

/// The values of the anchors met so far.
#[derive(Default)]
pub(super) struct Anchors {
    values: HashMap<usize, Anchored>,
    /// Estimate of the bytes copied so far, in and out.
    copied: usize,
}

struct Anchored {
    value: Value,
    bytes: usize,
    depth: usize,
}

/// Why a value is not copied.
pub(super) enum Refusal {
    /// All copies together are larger than [`MAX_ALIAS_BYTES`].
    Budget,
    /// The copy nests deeper than there is room for.
    Depth,
    /// The value is not complete: the alias stands inside it.
    Cycle,
}

impl Anchors {
    /// Remembers the value of `anchor`; 0 means that there is none.
    pub(super) fn keep(&mut self, anchor: usize, value: &Value) -> Result<(), Refusal> {
        if anchor > 0 {
            let (bytes, depth) = (size(value), depth(value));
            spend(&mut self.copied, bytes)?;
            let value = value.clone();
            self.values.insert(
                anchor,
                Anchored {
                    value,
                    bytes,
                    depth,
                },
            );
        }
        Ok(())
    }

    /// A copy of the value of `anchor`, which may nest `room` collections.
    pub(super) fn copy(&mut self, anchor: usize, room: usize) -> Result<Value, Refusal> {
        let anchored = self.values.get(&anchor).ok_or(Refusal::Cycle)?;
        if anchored.depth > room {
            return Err(Refusal::Depth);
        }
        spend(&mut self.copied, anchored.bytes)?;
        Ok(anchored.value.clone())
    }
}

fn spend(copied: &mut usize, bytes: usize) -> Result<(), Refusal> {
    *copied = copied.saturating_add(bytes);
    if *copied > MAX_ALIAS_BYTES {
        Err(Refusal::Budget)
    } else {
        Ok(())
    }
}

/// Roughly what a value occupies in memory, in bytes.
fn size(value: &Value) -> usize {
    let own = mem::size_of::<Value>();
    match value {
        Value::String(text) => own + text.len(),
        Value::Array(items) => own + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => {
            let key = |key: &String| mem::size_of::<String>() + key.len();
            own + map
                .iter()
                .map(|(name, value)| key(name) + size(value))
                .sum::<usize>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => own,
    }
}

/// How many collections a value nests.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
