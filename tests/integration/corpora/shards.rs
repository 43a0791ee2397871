//! Trees with their families of sharded outputs and what only looks like one.
