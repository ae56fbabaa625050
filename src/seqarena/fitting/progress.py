"""A bar per fit."""

from tqdm import tqdm

from seqarena.fitting.course import Course


class ProgressBar:
    """Steps done, epoch and losses, on standard error; nothing at all when it is not wanted."""

    def __init__(self, label: str, n_steps: int, is_shown: bool) -> None:
        self._label = label
        self._bar = tqdm(total=n_steps, unit="step", leave=False, disable=not is_shown)
        self._bar.set_description_str(label, refresh=False)

    def start_from(self, course: Course) -> None:
        """Show what an earlier run has done already."""
        self._bar.update(course.n_steps)
        self.finish_epoch(course)

    def advance(self) -> None:
        """Count one step; drawn at most ten times a second."""
        self._bar.update()

    def finish_epoch(self, course: Course) -> None:
        """Show the epoch and its losses."""
        losses = {"loss": course.train_loss, "valid": course.valid_loss}
        shown = {name: f"{loss:.4f}" for name, loss in losses.items() if loss is not None}
        self._bar.set_description_str(f"{self._label} epoch {course.n_epochs}", refresh=False)
        self._bar.set_postfix(shown, refresh=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
