//! What lies beside a Bicep file, or in Bicep's cache for a parameter file: templates.

use std::path::PathBuf;

use super::compiled;
use super::compiled::RemoteModule;
use super::files::{self, Unit};
use super::reader::Reader;
use super::syntax::{Declaration, DeclarationKind};
use crate::model::file_gap::FileGap;
use crate::model::inventory::{FileRead, Language, SkippedFile};
use crate::model::path::display_path;
use crate::source::code::arm::{self, EvaluatedTemplate, ParameterValues};
use crate::source::code::declared::Span;
use crate::source::code::discover::BicepFile;

impl Reader {
    /// A module from elsewhere that a parameter file deploys by itself.
    pub(super) fn published(&mut self, unit: &Unit, reference: &str, span: &Span, values: &ParameterValues) {
        let path = display_path(&unit.path);
        let Some((template, file)) = self.files.cached_module(&unit.path, reference) else {
            let what = format!(
                "it deploys the module {reference}, which is not on disk: run `bicep restore {path}`, which brings it \
                 into Bicep's cache, and scan again"
            );
            return self.extraction.gaps.push(FileGap::new(span.position(), what));
        };
        let evaluated = arm::evaluated_template(&template, &file, values, &path);
        self.extraction.gaps.extend(evaluated.gaps);
        self.extraction.skipped.extend(evaluated.skipped);
        let registries = evaluated.registries.len();
        for one in evaluated.registries {
            let address = one.registry.address.replace("Microsoft.ContainerRegistry/registries/", "");
            self.extraction.registries.push(compiled::called_registry(one.registry, &address, span));
        }
        self.extraction.files_read.push(FileRead { path, what: "Bicep parameter file", files: 2, registries });
    }

    /// What a file says, and what the template beside it has besides: the registries of modules that are not on disk, at
    /// their declarations, and those that the file lacks. Of what both have, the file's word counts.
    pub(super) fn compiled(
        &mut self,
        unit: &Unit,
        root: &BicepFile,
        values: &ParameterValues,
        label: &str,
        mut own: EvaluatedTemplate,
    ) -> EvaluatedTemplate {
        for path in &root.compiled {
            own = self.with_compiled(unit, (root, path), values, label, own);
        }
        own
    }

    fn with_compiled(
        &mut self,
        unit: &Unit,
        (root, path): (&BicepFile, &PathBuf),
        values: &ParameterValues,
        label: &str,
        mut own: EvaluatedTemplate,
    ) -> EvaluatedTemplate {
        let source = display_path(&root.path);
        // Which parameters were given is part of the label.
        let own_label = format!("{}{}", display_path(path), label.strip_prefix(&source).unwrap_or_default());
        let compiled = match arm::compiled(path, values, &own_label) {
            Ok(compiled) => compiled.evaluated,
            Err(error) => {
                self.extraction.gaps.push(error);
                return own;
            }
        };
        let sorted = compiled::sort_out(compiled.registries, &own.registries, &remote_modules(unit));
        for head in &sorted.called {
            let at = head.position();
            own.gaps.retain(|gap| gap.location != at || !gap.reason.starts_with("the module "));
        }
        if sorted.others > 0 {
            let why = format!(
                "it declares registries that {source} lacks, which are read as well; compile it again, or delete it"
            );
            self.extraction.skipped.push(SkippedFile::new(display_path(path), why));
        }
        own.registries.extend(sorted.registries.into_iter().map(|mut one| {
            if one.registry.language == Language::Bicep {
                label.clone_into(&mut one.registry.root);
            }
            one
        }));
        own.files.push(path.clone());
        own.gaps.extend(compiled.gaps);
        own.skipped.extend(compiled.skipped);
        own
    }
}

/// The modules of a file that are not on disk.
fn remote_modules(unit: &Unit) -> Vec<RemoteModule> {
    let module = |declaration: &Declaration| match &declaration.what {
        DeclarationKind::Module(module) if !files::is_local(&module.path) => {
            let name = compiled::written_name(module);
            Some(RemoteModule { symbol: module.symbol.clone(), name, head: unit.span(&module.head) })
        }
        _ => None,
    };
    unit.syntax.declarations.iter().filter_map(module).collect()
}
