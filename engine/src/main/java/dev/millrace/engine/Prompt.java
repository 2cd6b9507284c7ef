package dev.millrace.engine;

import java.util.List;
import java.util.Objects;

/** What a model is asked: text, a chat, or ready token ids. */
public sealed interface Prompt {

    /** Plain text; the tokenizer adds what its checkpoint adds in front, usually BOS. */
    record Text(String text) implements Prompt {
        public Text {
            Objects.requireNonNull(text, "text");
        }
    }

    /** A chat, written out by the checkpoint's chat template with the prompt for the assistant's turn at its end. */
    record Chat(List<Message> messages) implements Prompt {
        public Chat {
            messages = List.copyOf(messages);
        }
    }

    /** Token ids, taken as they are. */
    record Tokens(TokenIds ids) implements Prompt {
        public Tokens {
            Objects.requireNonNull(ids, "ids");
        }
    }
}
