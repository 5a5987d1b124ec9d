"""What the `gradtape` command does, one module per subcommand; `gradtape.cli` reads the arguments."""
