//! Declarations at the top of a file, and resources wherever they stand.

use super::super::lexer::TokenKind;
use super::super::{
    Declaration, DeclarationKind, Decorator, Expression, Literal, Module, Resource, SyntaxError, SyntaxKind,
};
use super::{Parsed, Parser};

impl Parser<'_> {
    /// All that follow; at an error, also from where on to look for the next.
    pub(super) fn declarations(mut self, into: &mut Vec<Declaration>) -> Result<(), (usize, Box<SyntaxError>)> {
        loop {
            match self.declaration() {
                Ok(Some(declaration)) => into.push(declaration),
                Ok(None) => return Ok(()),
                Err(error) => {
                    // What was not closed is often noticed at the next declaration only: its line is looked at again.
                    let line = self.text[..error.at.min(self.text.len())].rfind('\n').unwrap_or(0);
                    return Err((line.max(self.declared), error));
                }
            }
        }
    }

    fn declaration(&mut self) -> Parsed<Option<Declaration>> {
        self.skip_lines()?;
        if self.token.kind == TokenKind::End {
            return Ok(None);
        }
        self.declared = self.token.start;
        let decorators = self.decorators()?;
        let start = self.token.start;
        self.declared = start;
        let what = self.what()?;
        if !matches!(self.token.kind, TokenKind::NewLine | TokenKind::End) {
            return Err(self.expected("the end of the line"));
        }
        Ok(Some(Declaration { decorators, range: start..self.taken.max(start), what }))
    }

    fn what(&mut self) -> Parsed<DeclarationKind> {
        match self.word().unwrap_or_default() {
            "param" => self.parameter(),
            "var" => {
                self.advance()?;
                let name = self.identifier("the name of a variable")?;
                if !self.at_symbol("=") {
                    self.type_of()?;
                }
                Ok(DeclarationKind::Variable { name, value: self.assigned()? })
            }
            "resource" => Ok(DeclarationKind::Resource(self.resource()?)),
            "module" => self.module(),
            "output" => {
                self.advance()?;
                let name = self.identifier("the name of an output")?;
                if !self.at_symbol("=") {
                    self.type_of()?;
                }
                Ok(DeclarationKind::Output { name, value: self.assigned()? })
            }
            "type" => {
                self.advance()?;
                let name = self.identifier("the name of a type")?;
                self.expect("=")?;
                Ok(DeclarationKind::Type { name, kind: self.type_of()? })
            }
            "func" => self.function(),
            "import" => self.import(),
            "using" => {
                self.advance()?;
                if self.at_word("none") {
                    self.advance()?;
                    return Ok(DeclarationKind::Using(None));
                }
                let path = self.plain_text("a path")?;
                self.skip_line()?;
                Ok(DeclarationKind::Using(Some(path)))
            }
            "extends" => {
                self.advance()?;
                Ok(DeclarationKind::Extends(self.plain_text("a path")?))
            }
            "targetScope" => {
                self.advance()?;
                Ok(match self.assigned()?.kind {
                    SyntaxKind::Literal(Literal::Text(scope)) => DeclarationKind::TargetScope(scope),
                    _ => DeclarationKind::Other,
                })
            }
            "metadata" | "extension" | "provider" | "assert" | "test" | "extensionConfig" => {
                self.advance()?;
                self.skip_line()?;
                Ok(DeclarationKind::Other)
            }
            _ => Err(self.expected("a declaration such as param, var, resource, module or output")),
        }
    }

    /// Reads the rest of the line, and of what is opened in it.
    fn skip_line(&mut self) -> Parsed<()> {
        let mut open = 0usize;
        loop {
            match self.token.kind {
                TokenKind::End => return Ok(()),
                TokenKind::NewLine if open == 0 => return Ok(()),
                TokenKind::Symbol("{" | "[" | "(" | "[?") | TokenKind::TextStart(_) => open += 1,
                TokenKind::Symbol("}" | "]" | ")") | TokenKind::TextEnd(_) => {
                    open = open.checked_sub(1).ok_or_else(|| self.expected("the end of the line"))?;
                }
                _ => {}
            }
            self.advance()?;
        }
    }

    /// `@name(…)`, each with the line end behind it.
    pub(super) fn decorators(&mut self) -> Parsed<Vec<Decorator>> {
        let mut decorators = Vec::new();
        while self.at_symbol("@") {
            self.advance()?;
            let call = self.expression()?;
            match call.kind {
                SyntaxKind::Call { name, arguments, .. } => decorators.push(Decorator { name, arguments }),
                _ => return Err(self.expected("the arguments of a decorator")),
            }
            self.skip_lines()?;
        }
        Ok(decorators)
    }

    fn assigned(&mut self) -> Parsed<Expression> {
        self.expect("=")?;
        self.expression()
    }

    fn parameter(&mut self) -> Parsed<DeclarationKind> {
        self.advance()?;
        let name = self.identifier("the name of a parameter")?;
        let ends = match self.token.kind {
            TokenKind::NewLine => !self.lexer.rest().starts_with('|'),
            _ => self.token.kind == TokenKind::End,
        };
        let kind = if ends || self.at_symbol("=") { None } else { Some(self.type_of()?) };
        let default = if self.at_symbol("=") { Some(self.assigned()?) } else { None };
        Ok(DeclarationKind::Parameter { name, kind, default })
    }

    pub(super) fn resource(&mut self) -> Parsed<Resource> {
        let start = self.token.start;
        if !self.at_word("resource") {
            return Err(self.expected("'resource'"));
        }
        self.advance()?;
        let symbol = self.identifier("the symbol of the resource")?;
        let kind = self.plain_text("the type of the resource, 'provider/type@version',")?;
        let mut head = start..self.taken;
        let existing = self.at_word("existing");
        if existing {
            self.advance()?;
            head.end = self.taken;
        }
        self.expect("=")?;
        self.skip_lines()?;
        let body = self.body()?;
        Ok(Resource { symbol, kind, existing, head, body })
    }

    fn module(&mut self) -> Parsed<DeclarationKind> {
        let start = self.token.start;
        self.advance()?;
        let symbol = self.identifier("the symbol of the module")?;
        let path = self.plain_text("the path of the module")?;
        let head = start..self.taken;
        self.expect("=")?;
        self.skip_lines()?;
        let body = self.body()?;
        Ok(DeclarationKind::Module(Module { symbol, path, head, body }))
    }

    fn function(&mut self) -> Parsed<DeclarationKind> {
        self.advance()?;
        let name = self.identifier("the name of a function")?;
        let mut parameters = Vec::new();
        self.expect("(")?;
        self.skip_lines()?;
        while !self.symbol(")")? {
            parameters.push(self.identifier("the name of a parameter")?);
            self.type_of()?;
            self.skip_lines()?;
            self.symbol(",")?;
            self.skip_lines()?;
        }
        self.type_of()?;
        self.expect("=>")?;
        self.skip_lines()?;
        Ok(DeclarationKind::Function { name, parameters, body: self.expression()? })
    }

    fn import(&mut self) -> Parsed<DeclarationKind> {
        self.advance()?;
        // `import 'extension'`, as extensions were declared once.
        if matches!(self.token.kind, TokenKind::Text(_)) {
            self.skip_line()?;
            return Ok(DeclarationKind::Other);
        }
        let mut names = Vec::new();
        let mut all_as = None;
        if self.symbol("*")? {
            self.expect_word("as")?;
            all_as = Some(self.identifier("a name")?);
        } else {
            self.expect("{")?;
            loop {
                self.separators()?;
                if self.symbol("}")? {
                    break;
                }
                let name = match self.token.kind {
                    TokenKind::Text(_) => self.plain_text("a name")?,
                    _ => self.identifier("a name")?,
                };
                let mut alias = name.clone();
                if self.at_word("as") {
                    self.advance()?;
                    alias = self.identifier("a name")?;
                }
                names.push((name, alias));
                self.ends_item("}")?;
            }
        }
        self.expect_word("from")?;
        let from = self.plain_text("a path")?;
        Ok(DeclarationKind::Import { names, all_as, from })
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if !self.at_word(word) {
            return Err(self.expected(&format!("'{word}'")));
        }
        self.advance().map(drop)
    }
}
