//! Families: files that one writer keeps making.
