//! The wire format of protocol buffers, as much of it as a plan needs.
//! <https://protobuf.dev/programming-guides/encoding/>

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// A number, a truth value or a member of an enumeration.
    Number(u64),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// Of a width that plans do not use.
    Other,
}

/// The fields of a message, each with its number. Ends at the first that is not whole.
pub fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u64, Field<'_>), WireError>> {
    let mut left = message;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let field = field(&mut left);
        if field.is_none() {
            left = &[];
        }
        Some(field.ok_or(WireError))
    })
}

/// A message ends within a field.
#[derive(Debug, PartialEq, Eq)]
pub struct WireError;

fn field<'a>(left: &mut &'a [u8]) -> Option<(u64, Field<'a>)> {
    let tag = varint(left)?;
    let field = match tag & 7 {
        0 => Field::Number(varint(left)?),
        1 => take(left, 8).map(|_| Field::Other)?,
        2 => {
            let length = usize::try_from(varint(left)?).ok()?;
            Field::Bytes(take(left, length)?)
        }
        5 => take(left, 4).map(|_| Field::Other)?,
        _ => return None,
    };
    Some((tag >> 3, field))
}

fn varint(left: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = left.split_first()?;
        *left = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Takes bytes off the front; `None` where there are fewer.
pub fn take<'a>(left: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = left.split_at_checked(length)?;
    *left = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_of_every_width() {
        let message = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1D, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0];
        let read: Result<Vec<_>, _> = fields(&message).collect();
        let expected = [(1, Field::Number(150)), (2, Field::Bytes(b"hi")), (3, Field::Other), (4, Field::Other)];
        assert_eq!(read.expect("a message"), expected);
        for broken in [&message[..2], &message[..5], &[0x0B][..], &[0xFF; 12], &[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]] {
            assert_eq!(fields(broken).last(), Some(Err(WireError)), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(fields(&bytes).count() <= bytes.len());
        }
    }
}
