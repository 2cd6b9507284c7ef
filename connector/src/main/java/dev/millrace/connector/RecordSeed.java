package dev.millrace.connector;

import java.nio.charset.StandardCharsets;

/** A seed from a record's id: the same for every attempt at it, unrelated to its neighbours'. */
public final class RecordSeed {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private RecordSeed() {}

    /** FNV-1a over the id's bytes. */
    public static long of(String id) {
        long hash = FNV_OFFSET;
        for (byte next : id.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (next & 0xff)) * FNV_PRIME;
        }
        return hash;
    }
}
