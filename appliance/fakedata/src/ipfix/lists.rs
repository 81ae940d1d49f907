//! Structured data (RFC 6313): the value of a basicList.

use bytes::BufMut;

use crate::templated::{EncodeError, Field, Template, Value};

/// How the elements of a list relate to the record (RFC 6313, section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ListSemantic {
    /// None of them is a property of the record.
    NoneOf = 0,
    /// Exactly one of them is.
    ExactlyOneOf = 1,
    /// One or more of them are.
    OneOrMoreOf = 2,
    /// All of them are.
    AllOf = 3,
    /// All of them are, in this order.
    Ordered = 4,
    /// It is not said.
    Undefined = 255,
}

/// The content of a basicList (section 4.5.1): `values` of one element. It goes into a field of element 291.
///
/// # Errors
/// When a value does not fit the element's length.
pub fn basic_list(semantic: ListSemantic, element: Field, values: &[Value]) -> Result<Value, EncodeError> {
    let mut bytes = Vec::new();
    bytes.put_u8(semantic as u8);
    element.encode_ipfix(&mut bytes);
    let one = Template::new(0, vec![element]);
    for value in values {
        one.encode_record(std::slice::from_ref(value), &mut bytes)?;
    }
    Ok(Value::Bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_interfaces_is_laid_out_as_in_rfc_6313_section_4_5_1() {
        let list =
            basic_list(ListSemantic::AllOf, Field::new(10, 2), &[Value::Unsigned(1), Value::Unsigned(4)]);
        assert_eq!(list, Ok(Value::Bytes(vec![3, 0, 10, 0, 2, 0, 1, 0, 4])));
    }
}
