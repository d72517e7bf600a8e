/* Nothing to call: this target only gives the static plugin's linker what libnl's message builder names. */
