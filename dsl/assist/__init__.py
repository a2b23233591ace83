"""What an editor asks while a file is being written; the one interface of the language server and the app is `dsl.assist.assist.Assist`."""
