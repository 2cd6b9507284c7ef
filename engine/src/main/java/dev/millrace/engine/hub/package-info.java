/** Models by name: fetches checkpoints from a Hugging Face hub into the cache that Python tools use too. */
package dev.millrace.engine.hub;
