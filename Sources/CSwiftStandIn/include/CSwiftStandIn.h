/* Nothing to call: this target only keeps parts of the runtime out of the static plugin. */
