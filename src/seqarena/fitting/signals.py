"""A terminated fit says so: SIGTERM ends the process with exit code 143.

Lightning 2.6.6 exits with 0, which a pipeline takes for success. Under several processes it also
starts an exchange inside the signal handler, which meets a different one and hangs.
"""

import signal
import threading
from types import FrameType

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

EXIT_CODE_ON_SIGTERM = 128 + signal.SIGTERM


class ExitOnSigterm(Callback):
    """Replaces the handler that Lightning has just installed; Lightning puts back the original.

    The checkpoints are complete at any instant, so that the next run loses at most an epoch.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Install the handler; signals reach the main thread only."""
        del pl_module
        if threading.current_thread() is not threading.main_thread():
            return

        def leave(signum: int, frame: FrameType | None) -> None:
            del frame
            launcher = trainer.strategy.launcher
            if isinstance(launcher, _SubprocessScriptLauncher):
                launcher.kill(signum)
            raise SystemExit(EXIT_CODE_ON_SIGTERM)

        signal.signal(signal.SIGTERM, leave)
