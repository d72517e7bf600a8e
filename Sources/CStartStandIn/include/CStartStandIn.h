/* Nothing to call: the static plugin begins in this target, by its linker option --entry. */
