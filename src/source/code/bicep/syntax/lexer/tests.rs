use super::*;

fn kinds(text: &str) -> Vec<TokenKind> {
    let mut lexer = Lexer::new(text, 0);
    let mut kinds = Vec::new();
    loop {
        match lexer.next().expect("a token").kind {
            TokenKind::End => return kinds,
            kind => kinds.push(kind),
        }
    }
}

fn text(of: &str) -> TokenKind {
    TokenKind::Text(of.to_owned())
}

#[test]
fn texts() {
    assert_eq!(kinds(r"'a\'b\\\n\$\u{1F600}$x'"), [text("a'b\\\n$😀$x")]);
    assert_eq!(kinds(r"'\u{D83D}\u{DE9A}.\u{d83d}\u{de00}'"), [text("🚚.😀")]);
    assert_eq!(kinds("'''\r\na ${b}\n''''"), [text("a ${b}\n'")]);
    assert_eq!(kinds("''''abc''''"), [text("'abc'")]);
    assert_eq!(kinds("''"), [text("")]);
    assert_eq!(kinds("''''''"), [text("")]);
    let pieces = [
        TokenKind::TextStart("a".into()),
        TokenKind::Symbol("{"),
        TokenKind::Symbol("}"),
        TokenKind::TextMiddle("b".into()),
        TokenKind::TextStart("x".into()),
        TokenKind::Word,
        TokenKind::TextEnd("y".into()),
        TokenKind::TextEnd("".into()),
    ];
    assert_eq!(kinds("'a${ {} }b${'x${z}y'}'"), pieces);
    assert_eq!(
        kinds("$$'''$${a} ${b}'''"),
        [TokenKind::TextStart("".into()), TokenKind::Word, TokenKind::TextEnd(" ${b}".into())]
    );
}

#[test]
fn blanks_and_symbols() {
    use TokenKind::{NewLine, Number, Symbol, Word};
    let source = "a.?b // c\r\n#disable-next-line x\r\n\t/* d\n */ e ?? 12=>[?::...";
    let expected = [
        Word,
        Symbol(".?"),
        Word,
        NewLine,
        Word,
        Symbol("??"),
        Number(12),
        Symbol("=>"),
        Symbol("[?"),
        Symbol("::"),
        Symbol("..."),
    ];
    assert_eq!(kinds(source), expected);
}

#[test]
fn what_has_no_end_is_said() {
    for (source, at) in [
        ("  'abc\n'", 2),
        ("a /* b", 2),
        ("'''x''", 0),
        (r"'a\q'", 2),
        (r"'\u{D83D}x'", 1),
        (r"'\u{DE9A}\u{D83D}'", 1),
        ("99999999999999999999", 0),
    ] {
        let mut lexer = Lexer::new(source, 0);
        let error = loop {
            match lexer.next() {
                Ok(token) => assert_ne!(token.kind, TokenKind::End, "{source}"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.at, at, "{source}: {}", error.message);
    }
}
