//! How safe it is to delete each node.
