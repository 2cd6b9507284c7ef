package dev.millrace.engine.tokenizer;

/** The printable character that byte-level BPE writes for each byte. Source: GPT-2's {@code bytes_to_unicode}. */
final class ByteAlphabet {
    private static final String[] CHARACTERS = make();

    private ByteAlphabet() {}

    static String of(int value) {
        return CHARACTERS[value];
    }

    private static String[] make() {
        String[] characters = new String[256];
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b != 0xad);
            characters[b] = String.valueOf((char) (printable ? b : next));
            next += printable ? 0 : 1;
        }
        return characters;
    }
}
