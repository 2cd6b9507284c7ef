/**
 * A model of the kernels' time on cards that are not at hand: what the emulator counted, divided by what data sheets say. Never a
 * measurement. See {@code docs/kernels/model.md}.
 */
package dev.millrace.kernels.cuda.model;
