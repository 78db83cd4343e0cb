//! the program in a real pty.
