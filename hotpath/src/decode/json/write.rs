//! Values as JSON text.

use std::fmt::Write;

use simd_json::{Node, StaticNode};

use crate::batch::push_json_text;

/// An object or a list that is being written.
struct Open {
    is_object: bool,
    /// Nodes to come in it: values, and for an object keys too.
    left: usize,
    written: usize,
}

/// Writes a value as JSON, however deep: no recursion, the depth is the sender's. A text that begins with the mark is the
/// digits of a number.
pub(super) fn write_nodes(nodes: &[Node<'_>], mark: Option<char>, out: &mut String) {
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
            Node::String(text) => match mark.and_then(|mark| text.strip_prefix(mark)) {
                Some(digits) => out.push_str(digits),
                None => push_json_text(text, out),
            },
            Node::Static(StaticNode::F64(number)) if !number.is_finite() => out.push_str("null"),
            Node::Static(StaticNode::F64(number)) => {
                // With an exponent where it is far from 1, so that nobody makes us write 300 digits by sending five.
                // Writing to a String cannot fail.
                let _ = write!(out, "{number:?}");
            }
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
