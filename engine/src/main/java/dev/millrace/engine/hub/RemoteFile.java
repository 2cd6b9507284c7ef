package dev.millrace.engine.hub;

/**
 * A file as the hub announces it.
 *
 * @param name in the model's folder
 * @param hash of its bytes
 * @param size in bytes
 */
record RemoteFile(String name, FileHash hash, long size) {}
