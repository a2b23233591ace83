"""Coverage-guided fuzzing of everything that reads what a user wrote: targets, the runner, and the inputs that it kept."""
