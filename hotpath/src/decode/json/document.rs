//! The values of one text, and an object's members as fields: nested objects flattened, lists of scalars kept as lists, what
//! lies deeper as JSON text.

use simd_json::{Node, StaticNode};

use super::mend::is_whole;
use super::reader::Fault;
use super::write::write_nodes;
use crate::batch::{DOUBLE_EXACT_MAX, Value};
use crate::cut::ColumnType;
use crate::limits::{JSON_FLATTEN_DEPTH_MAX, JSON_LIST_ITEMS_MAX, JSON_PATH_BYTES_MAX};

/// Takes the fields of an object.
pub(crate) trait FieldSink {
    /// A field, by its name or by the names on the way to it with points between.
    fn field(&mut self, name: &str, value: &Value<'_>);

    /// A number that no column of its type holds, by its digits.
    fn long_number(&mut self, name: &str, digits: &str, column_type: &ColumnType);

    /// Whether the members of the object at this place stand for themselves, without its name before theirs.
    fn is_transparent(&mut self, _path: &str) -> bool {
        false
    }

    /// Whether the list at this place is one of names and values, which are members of the object around it.
    fn is_named_list(&self, _path: &str) -> bool {
        false
    }

    /// Looks into a list that has no column for each of its values.
    fn search(&mut self, _path: &str, _items: Items<'_>) {}
}

/// Memory for the work on a document, used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    path: String,
    text: String,
    items: Vec<Option<Value<'static>>>,
}

/// The value that a text is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document<'a> {
    nodes: &'a [Node<'a>],
    /// The text as it was parsed, in the block where the event is if nothing had to be mended.
    source: &'a str,
    /// Where the copy begins that simd-json unescaped in place.
    copy_start: usize,
    /// Stands before the digits of a number that became a text.
    mark: Option<char>,
    /// What was let pass in reading it.
    liberty: Option<Fault>,
}

impl<'a> Document<'a> {
    pub(super) fn new(
        nodes: &'a [Node<'a>],
        source: &'a str,
        copy_start: usize,
        mark: Option<char>,
        liberty: Option<Fault>,
    ) -> Self {
        Self { nodes, source, copy_start, mark, liberty }
    }

    /// What was let pass in reading the text: the values are not all as they were sent.
    pub(crate) fn liberty(&self) -> Option<Fault> {
        self.liberty
    }

    /// What the text is.
    pub(crate) fn kind(&self) -> Kind<'a> {
        match self.nodes.first() {
            Some(Node::Object { .. }) => Kind::Object,
            Some(Node::Array { len, .. }) => {
                Kind::Array(Items { document: *self, rest: &self.nodes[1..], left: *len })
            }
            Some(Node::String(text)) => match self.marked(text) {
                Some(digits) => Kind::Text(digits),
                None => Kind::Text(self.in_source(text)),
            },
            _ => Kind::Other,
        }
    }

    /// The members of an object; none of anything else.
    pub(crate) fn members(&self) -> Members<'a> {
        match self.nodes.first() {
            Some(Node::Object { len, .. }) => Members { document: *self, rest: &self.nodes[1..], left: *len },
            _ => Members { document: *self, rest: &[], left: 0 },
        }
    }

    /// The name and the value of an item in a list of such.
    pub(super) fn name_and_value(&self) -> Option<(&'a str, Document<'a>)> {
        let (mut name, mut value) = (None, None);
        for (member, inner) in self.members() {
            match (member, inner.kind()) {
                ("@Name" | "Name" | "name", Kind::Text(text)) => name = Some(text),
                // The attributes of an element of XML.
                ("#attributes" | "@attributes" | "$", Kind::Object) => {
                    name =
                        inner.members().find(|(name, _)| *name == "Name").and_then(|(_, name)| name.text());
                }
                ("#text" | "_" | "Value" | "value", _) => value = Some(inner),
                _ => {}
            }
        }
        Some((name?, value?))
    }

    /// The text that it is.
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.kind() {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a scalar; `None` for an object, a list, null, and a number that 64 bits do not hold.
    pub(crate) fn scalar(&self) -> Option<Value<'a>> {
        self.scalar_of(self.nodes.first()?)
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.nodes.first(), Some(Node::Static(StaticNode::Null)))
    }

    /// The value as JSON text.
    pub(crate) fn write_json<'s>(&self, scratch: &'s mut Scratch) -> &'s str {
        scratch.text.clear();
        write_nodes(self.nodes, self.mark, &mut scratch.text);
        &scratch.text
    }

    /// Hands the members of an object to the sink, nested ones by their path.
    pub(crate) fn put_fields(&self, scratch: &mut Scratch, sink: &mut impl FieldSink) {
        scratch.path.clear();
        Walk { document: *self, scratch, sink }.object(self.nodes, 0);
    }

    /// Hands a member to the sink as it would be handed over among those of its object.
    pub(crate) fn put_member(&self, name: &str, scratch: &mut Scratch, sink: &mut impl FieldSink) {
        scratch.path.clear();
        Walk { document: *self, scratch, sink }.member(name, self.nodes, 0);
    }

    fn scalar_of(&self, node: &Node<'a>) -> Option<Value<'a>> {
        Some(match node {
            Node::String(text) if self.marked(text).is_some() => return None,
            Node::String(text) => Value::Text(self.in_source(text)),
            Node::Static(StaticNode::I64(number)) => Value::Int64(*number),
            Node::Static(StaticNode::U64(number)) => Value::Int64(i64::try_from(*number).ok()?),
            Node::Static(StaticNode::F64(number)) => Value::Double(*number),
            Node::Static(StaticNode::Bool(truth)) => Value::Boolean(*truth),
            _ => return None,
        })
    }

    /// The digits of a number that became a text.
    fn marked(&self, text: &'a str) -> Option<&'a str> {
        text.strip_prefix(self.mark?)
    }

    /// The same text where it was received, so that it need not be copied; itself where it had escapes.
    fn in_source(&self, text: &'a str) -> &'a str {
        let offset = (text.as_ptr() as usize).wrapping_sub(self.copy_start);
        match self.source.get(offset..offset.saturating_add(text.len())) {
            Some(received) if received == text => received,
            _ => text,
        }
    }
}

/// What a document is.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// An object: see [`Document::members`] and [`Document::put_fields`].
    Object,
    /// A list.
    Array(Items<'a>),
    /// A text, or the digits of a long number.
    Text(&'a str),
    /// Another scalar, or null.
    Other,
}

/// The members of an object.
#[derive(Debug, Clone)]
pub(crate) struct Members<'a> {
    document: Document<'a>,
    rest: &'a [Node<'a>],
    left: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Document<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let [Node::String(name), value @ ..] = self.rest else { return None };
        let (nodes, rest) = value.split_at(nodes_of(value));
        self.rest = rest;
        Some((self.document.in_source(name), Document { nodes, ..self.document }))
    }
}

/// The items of a list.
#[derive(Debug, Clone)]
pub(crate) struct Items<'a> {
    document: Document<'a>,
    rest: &'a [Node<'a>],
    left: usize,
}

impl Items<'_> {
    /// How many there are.
    pub(crate) fn count_left(&self) -> usize {
        self.left
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Document<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (nodes, rest) = self.rest.split_at(nodes_of(self.rest));
        self.rest = rest;
        Some(Document { nodes, ..self.document })
    }
}

/// One pass over the members of an object.
struct Walk<'a, 's, S> {
    document: Document<'a>,
    scratch: &'s mut Scratch,
    sink: &'s mut S,
}

impl<'a, S: FieldSink> Walk<'a, '_, S> {
    /// The members of the object that the nodes begin with. Not deeper than [`JSON_FLATTEN_DEPTH_MAX`].
    fn object(&mut self, nodes: &'a [Node<'a>], depth: usize) {
        let Some(Node::Object { len, .. }) = nodes.first() else { return };
        let mut rest = &nodes[1..];
        for _ in 0..*len {
            let [Node::String(name), value @ ..] = rest else { return };
            let value_nodes = nodes_of(value);
            self.member(name, &value[..value_nodes], depth);
            rest = &value[value_nodes..];
        }
    }

    fn member(&mut self, name: &str, value: &'a [Node<'a>], depth: usize) {
        let outer_bytes = self.scratch.path.len();
        if outer_bytes == 0 && value.len() == 1 {
            self.value(name, value);
            return;
        }
        self.scratch.path.push_str(name);
        match value.first() {
            Some(Node::Object { len: 1.., .. })
                if depth < JSON_FLATTEN_DEPTH_MAX && self.scratch.path.len() < JSON_PATH_BYTES_MAX =>
            {
                if self.sink.is_transparent(&self.scratch.path) {
                    self.scratch.path.truncate(outer_bytes);
                } else {
                    self.scratch.path.push('.');
                }
                self.object(value, depth + 1);
            }
            _ => {
                let path = std::mem::take(&mut self.scratch.path);
                self.value(&path, value);
                self.scratch.path = path;
            }
        }
        self.scratch.path.truncate(outer_bytes);
    }

    fn value(&mut self, name: &str, value: &'a [Node<'a>]) {
        match value.first() {
            None | Some(Node::Static(StaticNode::Null)) => {}
            Some(Node::Array { len, .. }) if value.len() == len + 1 && *len <= JSON_LIST_ITEMS_MAX => {
                self.list(name, value);
            }
            Some(Node::Array { len, .. }) => self.list_of_objects(name, value, *len),
            Some(Node::Object { .. }) => self.put_json(name, value),
            Some(scalar) => self.scalar(name, scalar),
        }
    }

    fn scalar(&mut self, name: &str, node: &Node<'a>) {
        if let Some(value) = self.document.scalar_of(node) {
            self.sink.field(name, &value);
            return;
        }
        match node {
            Node::Static(StaticNode::U64(number)) => {
                self.sink.long_number(name, &number.to_string(), &ColumnType::Int64);
            }
            Node::String(text) => {
                let digits = self.document.marked(text).unwrap_or(text);
                let column_type = if is_whole(digits) { ColumnType::Int64 } else { ColumnType::Double };
                self.sink.long_number(name, digits, &column_type);
            }
            _ => {}
        }
    }

    /// A list of scalars; one with a number beyond 64 bits as JSON text.
    fn list(&mut self, name: &str, nodes: &'a [Node<'a>]) {
        let mut items: Vec<Option<Value<'a>>> = std::mem::take(&mut self.scratch.items);
        let mut is_held = true;
        for node in &nodes[1..] {
            let item = self.document.scalar_of(node);
            is_held &= item.is_some() || matches!(node, Node::Static(StaticNode::Null));
            items.push(item);
        }
        if is_held {
            make_doubles_of_integers_among_doubles(&mut items);
            self.sink.field(name, &Value::List(&items));
        } else {
            self.put_json(name, nodes);
        }
        items.clear();
        // Nothing is left of the list but its memory.
        self.scratch.items = items.into_iter().map(|_| None).collect();
    }

    /// A list with objects or lists in it: JSON text, or names and values.
    fn list_of_objects(&mut self, name: &str, nodes: &'a [Node<'a>], items: usize) {
        let items = Items { document: self.document, rest: &nodes[1..], left: items };
        if self.sink.is_named_list(name) && items.clone().all(|item| item.name_and_value().is_some()) {
            for (name, value) in items.filter_map(|item| item.name_and_value()) {
                self.value(name, value.nodes);
            }
            return;
        }
        self.sink.search(name, items);
        self.put_json(name, nodes);
    }

    fn put_json(&mut self, name: &str, nodes: &[Node<'_>]) {
        self.scratch.text.clear();
        write_nodes(nodes, self.document.mark, &mut self.scratch.text);
        self.sink.field(name, &Value::Text(&self.scratch.text));
    }
}

/// A list of integers and doubles is one of doubles, where these are exact.
fn make_doubles_of_integers_among_doubles(items: &mut [Option<Value<'_>>]) {
    let is_number = |item: &Value<'_>| match item {
        Value::Double(_) => true,
        Value::Int64(number) => number.unsigned_abs() <= DOUBLE_EXACT_MAX,
        _ => false,
    };
    let has_double = items.iter().flatten().any(|item| matches!(item, Value::Double(_)));
    if !has_double || !items.iter().flatten().all(is_number) {
        return;
    }
    for item in items.iter_mut().flatten() {
        if let Value::Int64(number) = item {
            *item = Value::Double(*number as f64);
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
