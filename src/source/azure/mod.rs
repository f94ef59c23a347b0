//! The live source: Azure Resource Manager.
