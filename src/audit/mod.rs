//! Families against rules: what does nobody clean, and why not.
