/** Reads checkpoints: safetensors with config.json, and GGUF. */
package dev.millrace.engine.loader;
