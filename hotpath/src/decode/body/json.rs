//! A JSON object as columns: nested objects flattened, lists of scalars kept as lists, what lies deeper as text.

use simd_json::{Buffers, Node, StaticNode, Tape};

use crate::batch::{BatchBuilder, Value, push_json_text};
use crate::limits::{JSON_FLATTEN_DEPTH_MAX, JSON_LIST_ITEMS_MAX, JSON_PATH_BYTES_MAX};

/// Parses objects; its memory is used again for the next one.
#[derive(Default)]
pub struct JsonFields {
    /// simd-json unescapes in place, so it works on a copy.
    copy: Vec<u8>,
    buffers: Buffers,
    tape: Option<Tape<'static>>,
    path: String,
    text: String,
}

impl std::fmt::Debug for JsonFields {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("JsonFields").field("copy_bytes", &self.copy.capacity()).finish_non_exhaustive()
    }
}

impl JsonFields {
    /// Puts the members of a JSON object into the current row. Returns `false`, and puts nothing, when the text is
    /// not one JSON object.
    pub fn extract(&mut self, text: &str, rows: &mut BatchBuilder) -> bool {
        let text = text.trim_ascii();
        if !text.starts_with('{') || !text.ends_with('}') {
            return false;
        }
        self.copy.clear();
        self.copy.extend_from_slice(text.as_bytes());
        let copy_start = self.copy.as_ptr() as usize;
        let mut tape = self.tape.take().unwrap_or_else(|| Tape(Vec::new())).reset();
        let parsed = simd_json::fill_tape(&mut self.copy, &mut self.buffers, &mut tape).is_ok();
        if parsed {
            self.path.clear();
            let mut walk =
                Walk { source: text, copy_start, path: &mut self.path, text: &mut self.text, rows };
            walk.object(&tape.0, 0);
        }
        self.tape = Some(tape.reset());
        parsed
    }
}

/// One pass over a tape.
struct Walk<'a> {
    /// The text as received, in the block where the event is.
    source: &'a str,
    copy_start: usize,
    /// Names of the objects around, each with a point behind it.
    path: &'a mut String,
    text: &'a mut String,
    rows: &'a mut BatchBuilder,
}

impl<'a> Walk<'a> {
    /// The members of the object that the nodes begin with.
    fn object(&mut self, nodes: &[Node<'_>], depth: usize) {
        let Some(Node::Object { len, .. }) = nodes.first() else { return };
        let mut rest = &nodes[1..];
        for _ in 0..*len {
            let [Node::String(name), value @ ..] = rest else { return };
            let value_nodes = nodes_of(value);
            self.member(name, &value[..value_nodes], depth);
            rest = &value[value_nodes..];
        }
    }

    fn member(&mut self, name: &str, value: &[Node<'_>], depth: usize) {
        let outer_bytes = self.path.len();
        if outer_bytes == 0 && value.len() == 1 {
            let name = self.in_source(name);
            self.value(name, value);
            return;
        }
        self.path.push_str(name);
        match value.first() {
            Some(Node::Object { len: 1.., .. })
                if depth < JSON_FLATTEN_DEPTH_MAX && self.path.len() < JSON_PATH_BYTES_MAX =>
            {
                self.path.push('.');
                self.object(value, depth + 1);
            }
            _ => {
                let path = std::mem::take(self.path);
                self.value(&path, value);
                *self.path = path;
            }
        }
        self.path.truncate(outer_bytes);
    }

    fn value(&mut self, name: &str, value: &[Node<'_>]) {
        match value.first() {
            None | Some(Node::Static(StaticNode::Null)) => {}
            Some(Node::Array { len, .. }) if value.len() == len + 1 && *len <= JSON_LIST_ITEMS_MAX => {
                self.list(name, &value[1..]);
            }
            Some(Node::Array { .. } | Node::Object { .. }) => self.put_json(name, value),
            Some(scalar) => self.scalar(name, scalar),
        }
    }

    fn scalar(&mut self, name: &str, node: &Node<'_>) {
        let value = match node {
            Node::String(text) => Value::Text(self.in_source(text)),
            Node::Static(StaticNode::I64(number)) => Value::Int64(*number),
            Node::Static(StaticNode::F64(number)) => Value::Double(*number),
            Node::Static(StaticNode::Bool(truth)) => Value::Boolean(*truth),
            Node::Static(StaticNode::U64(number)) => match i64::try_from(*number) {
                Ok(number) => Value::Int64(number),
                Err(_) => return self.rows.field(name, &Value::Text(&number.to_string())),
            },
            _ => return,
        };
        self.rows.field(name, &value);
    }

    /// A list of scalars; one of several types, or with a number beyond 64 bits, as JSON text.
    fn list(&mut self, name: &str, items: &[Node<'_>]) {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(match item {
                Node::String(text) => Some(Value::Text(self.in_source(text))),
                Node::Static(StaticNode::I64(number)) => Some(Value::Int64(*number)),
                Node::Static(StaticNode::U64(number)) => match i64::try_from(*number) {
                    Ok(number) => Some(Value::Int64(number)),
                    Err(_) => return self.put_items_as_json(name, items),
                },
                Node::Static(StaticNode::F64(number)) => Some(Value::Double(*number)),
                Node::Static(StaticNode::Bool(truth)) => Some(Value::Boolean(*truth)),
                _ => None,
            });
        }
        self.rows.field(name, &Value::List(&values));
    }

    fn put_items_as_json(&mut self, name: &str, items: &[Node<'_>]) {
        let mut nodes = vec![Node::Array { len: items.len(), count: items.len() }];
        nodes.extend_from_slice(items);
        self.put_json(name, &nodes);
    }

    fn put_json(&mut self, name: &str, nodes: &[Node<'_>]) {
        let mut text = std::mem::take(self.text);
        text.clear();
        write_nodes(nodes, &mut text);
        self.rows.field(name, &Value::Text(&text));
        *self.text = text;
    }

    /// The same text where it was received, so that it need not be copied; itself where it had escapes.
    fn in_source<'t>(&self, text: &'t str) -> &'t str
    where
        'a: 't,
    {
        let offset = (text.as_ptr() as usize).wrapping_sub(self.copy_start);
        match self.source.get(offset..offset.saturating_add(text.len())) {
            Some(received) if received == text => received,
            _ => text,
        }
    }
}

/// Nodes of the value that the tape begins with, itself included.
fn nodes_of(tape: &[Node<'_>]) -> usize {
    match tape.first() {
        Some(Node::Object { count, .. } | Node::Array { count, .. }) => (count + 1).min(tape.len()),
        Some(_) => 1,
        None => 0,
    }
}

/// An object or a list that is being written.
struct Open {
    is_object: bool,
    /// Nodes to come in it: values, and for an object keys too.
    left: usize,
    written: usize,
}

/// Writes a value as JSON, however deep: no recursion, the depth is the sender's.
fn write_nodes(nodes: &[Node<'_>], out: &mut String) {
    let mut open: Vec<Open> = Vec::new();
    for node in nodes {
        if let Some(parent) = open.last_mut() {
            let is_value_of_member = parent.is_object && parent.written % 2 == 1;
            match (parent.written, is_value_of_member) {
                (0, _) => {}
                (_, true) => out.push(':'),
                (_, false) => out.push(','),
            }
            parent.written += 1;
            parent.left -= 1;
        }
        match node {
            Node::String(text) => push_json_text(text, out),
            Node::Static(StaticNode::F64(number)) if !number.is_finite() => out.push_str("null"),
            Node::Static(scalar) => out.push_str(&scalar.to_string()),
            Node::Object { len, .. } => {
                out.push('{');
                open.push(Open { is_object: true, left: len * 2, written: 0 });
            }
            Node::Array { len, .. } => {
                out.push('[');
                open.push(Open { is_object: false, left: *len, written: 0 });
            }
        }
        while let Some(done) = open.pop_if(|innermost| innermost.left == 0) {
            out.push(if done.is_object { '}' } else { ']' });
        }
    }
}
