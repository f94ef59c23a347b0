//! Base64 as ARM has it: the standard alphabet, lines and padding as they come.

/// Decodes a text of at most `limit` bytes of content.
pub fn decode(text: &str, limit: usize) -> Result<Vec<u8>, &'static str> {
    if text.len() / 4 * 3 > limit.saturating_add(limit / 16) + 4 {
        return Err("its steps are larger than any task's should be");
    }
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut padded = false;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padded = true;
                continue;
            }
            _ => return Err("its steps are not base64"),
        };
        if padded {
            return Err("its steps are not base64");
        }
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held & 0xff) as u8);
        }
    }
    match held {
        6 => Err("its steps are not base64"),
        _ => Ok(decoded),
    }
}

/// Encodes, with padding.
pub fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            match digit <= chunk.len() {
                true => text.push(char::from(ALPHABET[(bits >> (18 - 6 * digit) & 63) as usize])),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts() {
        for (text, expected) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYg", "foob")] {
            assert_eq!(decode(text, 100).expect("base64"), expected.as_bytes(), "{text}");
            assert_eq!(decode(&encode(expected.as_bytes()), 100).expect("base64"), expected.as_bytes());
        }
    }

    #[test]
    fn what_is_no_base64_or_too_large() {
        for text in ["Z", "Zg==Zg==", "Z*g=", "é"] {
            assert_eq!(decode(text, 100), Err("its steps are not base64"), "{text}");
        }
        assert_eq!(decode(&"A".repeat(400), 100), Err("its steps are larger than any task's should be"));
    }
}
