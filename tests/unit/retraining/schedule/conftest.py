from schedule_scenes import scene

__all__ = ["scene"]
