/** What there is to do on the day a GPU is at hand: check it, and measure on it. Before that, a model of what it will reach. */
package dev.millrace.examples.gpu;
