//! FLOOR 3: the verbs, one file each; the only place that knows every floor.
