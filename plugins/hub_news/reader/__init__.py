"""The feed reader, in the order in which it works: ask (fetch) → decode → parse → clean → store; schedule says when again."""
